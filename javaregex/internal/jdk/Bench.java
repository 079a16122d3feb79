import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads lines with three fields, separated by tabs: milliseconds, pattern and input. It answers each line with the
 * nanoseconds of CPU time that a Matcher.find() takes, measured for that many milliseconds.
 */
public class Bench {
    static final OperatingSystemMXBean SYSTEM = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    static int sink;

    static long find(Pattern p, String input, long millis) {
        long begun = SYSTEM.getProcessCpuTime(), took, rounds = 0;
        do {
            for (int i = 0; i < 500; i++) {
                Matcher m = p.matcher(input);
                if (m.find()) sink += m.end();
            }
            rounds += 500;
            took = SYSTEM.getProcessCpuTime() - begun;
        } while (took < millis * 1_000_000);
        return took * 100 / rounds;
    }

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            String[] f = line.split("\t", 3);
            System.out.println(find(Pattern.compile(f[1]), f[2], Long.parseLong(f[0])) / 100.0);
        }
    }
}
