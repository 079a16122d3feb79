import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Prints the processor's nanoseconds of a warm Matcher.find(), a line for each line of pattern, tab, input. */
public class Bench {
    static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    static int sink;

    static long time(Pattern p, String input, int rounds) {
        long begun = THREADS.getCurrentThreadCpuTime();
        for (int i = 0; i < rounds; i++) {
            Matcher m = p.matcher(input);
            if (m.find()) sink += m.end();
        }
        return (THREADS.getCurrentThreadCpuTime() - begun) / rounds;
    }

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            String[] f = line.split("\t", 2);
            Pattern p = Pattern.compile(f[0]);
            for (int i = 0; i < 5; i++) time(p, f[1], 100_000);
            long best = Long.MAX_VALUE;
            for (int i = 0; i < 5; i++) best = Math.min(best, time(p, f[1], 200_000));
            System.out.println(best);
        }
    }
}
