import freemarker.template.Configuration;
import freemarker.template.Template;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Renders templates of rows.json on one thread for the requested time. Each line of its input has
 * three fields, separated by tabs: the name of a row, "cached" or "full" (which also parses), and milliseconds.
 * It answers with the number of renderings per second. First, it prints the output of each row, one per line.
 */
final class Speed {
    interface Task { void run() throws Exception; }

    static double rate(Task task, long millis) throws Exception {
        long n = 0;
        long start = System.nanoTime();
        do {
            for (int i = 0; i < 10; i++) task.run();
            n += 10;
        } while (System.nanoTime() - start < millis * 1_000_000L);
        return n * 1e9 / (System.nanoTime() - start);
    }

    public static void main(String[] args) throws Exception {
        Locale.setDefault(Locale.US);
        Path dir = Path.of(args[0]);
        Configuration c = Answers.configuration(null, null);
        Object shared = Json.read(Files.readString(dir.resolve("model.json")));
        Map<String, Task> tasks = new HashMap<>();
        for (Object o : (List<?>) Json.read(Files.readString(dir.resolve("rows.json")))) {
            Map<?, ?> row = (Map<?, ?>) o;
            String name = (String) row.get("name");
            String source = (String) row.get("template");
            Object model = row.containsKey("rows") ? rows((Integer) row.get("rows")) : shared;
            Template parsed = parse(source, c);
            tasks.put(name + "\tcached", () -> parsed.process(model, new StringWriter()));
            tasks.put(name + "\tfull", () -> parse(source, c).process(model, new StringWriter()));
            StringWriter text = new StringWriter();
            parsed.process(model, text);
            System.out.println(Json.quote(text.toString()));
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null; ) {
            int tab = line.lastIndexOf('\t');
            System.out.println(rate(tasks.get(line.substring(0, tab)), Long.parseLong(line.substring(tab + 1))));
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
