import freemarker.template.Configuration;
import freemarker.template.Template;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Prints for each template of rows.json how often a second the Java engine renders it, and parses and
 * renders it, on one thread and warm; and what it renders.
 */
final class Speed {
    interface Task { void run() throws Exception; }

    static double rate(Task task) throws Exception {
        for (long end = System.nanoTime() + 1_500_000_000L; System.nanoTime() < end; ) task.run();
        long n = 0;
        long start = System.nanoTime();
        while (System.nanoTime() - start < 1_000_000_000L) {
            for (int i = 0; i < 10; i++) task.run();
            n += 10;
        }
        return n * 1e9 / (System.nanoTime() - start);
    }

    public static void main(String[] args) throws Exception {
        Locale.setDefault(Locale.US);
        Path dir = Path.of(args[0]);
        Configuration c = Answers.configuration(null, null);
        Object shared = Json.read(Files.readString(dir.resolve("model.json")));
        for (Object o : (List<?>) Json.read(Files.readString(dir.resolve("rows.json")))) {
            Map<?, ?> row = (Map<?, ?>) o;
            String source = (String) row.get("template");
            Object model = row.containsKey("rows") ? rows((Integer) row.get("rows")) : shared;
            Template parsed = new Template("bench", new StringReader(source), c);
            double cached = rate(() -> parsed.process(model, new StringWriter()));
            double full = rate(() -> parse(source, c).process(model, new StringWriter()));
            StringWriter text = new StringWriter();
            parsed.process(model, text);
            System.out.printf("%s\t%.0f\t%.0f\t%s%n", row.get("name"), cached, full, Json.quote(text.toString()));
        }
    }

    static Template parse(String source, Configuration c) throws IOException {
        return new Template("bench", new StringReader(source), c);
    }

    static Map<String, Object> rows(int n) {
        List<Object> rows = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("id", i);
            row.put("name", "Row " + i);
            row.put("price", i + 0.5);
            rows.add(row);
        }
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("rows", rows);
        return model;
    }
}
