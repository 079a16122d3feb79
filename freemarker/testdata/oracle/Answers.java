import freemarker.core.InvalidReferenceException;
import freemarker.core.ParseException;
import freemarker.core.TemplateClassResolver;
import freemarker.template.Configuration;
import freemarker.template.Template;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Reads cases (template, model, locale, timezone; one JSON object per line) and prints for each the
 * result of Apache FreeMarker: {"output"} or {"class", "line", "column"}, or {} if it takes too long, or too much memory.
 */
final class Answers {
    public static void main(String[] args) throws Exception {
        Locale.setDefault(Locale.US);
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        freemarker.log.Logger.selectLoggerLibrary(freemarker.log.Logger.LIBRARY_NONE);
        ExecutorService pool = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(null, task, "case", 4 << 20);
            thread.setDaemon(true);
            return thread;
        });
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
        for (String line; (line = in.readLine()) != null; ) {
            Map<?, ?> kase = (Map<?, ?>) Json.read(line);
            Future<String> answer = pool.submit(() -> answer(kase));
            try {
                out.println(answer.get(10, TimeUnit.SECONDS));
            } catch (TimeoutException | ExecutionException e) {
                out.println("{}");
            }
        }
        out.flush();
        System.exit(0);
    }

    private static final Map<String, Configuration> configurations = new ConcurrentHashMap<>();

    static Configuration configuration(Object locale, Object zone) throws TemplateException {
        String key = locale + " " + zone;
        Configuration known = configurations.get(key);
        if (known != null) return known;
        Configuration c = new Configuration(Configuration.VERSION_2_3_31);
        c.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
        c.setLogTemplateExceptions(false);
        c.setNewBuiltinClassResolver(TemplateClassResolver.ALLOWS_NOTHING_RESOLVER);
        c.setSetting("locale", locale == null ? "en_US" : (String) locale);
        c.setSetting("time_zone", zone == null ? "UTC" : (String) zone);
        configurations.put(key, c);
        return c;
    }

    static String answer(Map<?, ?> kase) {
        StringWriter text = new StringWriter();
        try {
            Configuration c = configuration(kase.get("locale"), kase.get("timezone"));
            new Template("smsBody", new StringReader((String) kase.get("template")), c)
                .process(kase.get("model"), text);
            return "{\"output\":" + Json.quote(text.toString()) + "}";
        } catch (ParseException e) {
            return failure("parse", e.getLineNumber(), e.getColumnNumber());
        } catch (TemplateException e) {
            String kind = "other";
            if (e instanceof InvalidReferenceException) kind = "missing";
            else if (e instanceof freemarker.core.UnexpectedTypeException) kind = "type";
            boolean placed = e.getLineNumber() != null;
            return failure(kind, placed ? e.getLineNumber() : 0, placed ? e.getColumnNumber() : 0);
        } catch (OutOfMemoryError e) {
            return "{}"; // no answer
        } catch (Throwable e) {
            return failure("other", 0, 0);
        }
    }

    private static String failure(String kind, int line, int column) {
        return "{\"class\":\"" + kind + "\",\"line\":" + line + ",\"column\":" + column + "}";
    }
}
