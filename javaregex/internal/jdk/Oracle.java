import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Answers with the results of java.util.regex. A request is a line of fields, separated by tabs:
 * kind, flags, pattern, input, argument; the last three are escaped as in JSON strings.
 * Kinds: find, matches, all, replaceAll, replaceFirst (argument: the replacement), split (argument: the limit).
 * The answer is a JSON object on one line. It is {"fault": …} if Java's result cannot be compared,
 * because its stack overflows, it takes too long, or an answer splits a character.
 */
public class Oracle {
    static final long DEADLINE = 2_000_000_000L;

    static final class Late extends RuntimeException {
        Late() { super("late", null, false, false); }
    }

    static final class Lone extends RuntimeException {
        Lone() { super("splits a character", null, false, false); }
    }

    /** A text that aborts a match if it takes too long. */
    static final class Timed implements CharSequence {
        final String text;
        final long end = System.nanoTime() + DEADLINE;
        int calls;

        Timed(String text) { this.text = text; }

        public char charAt(int i) {
            if ((++calls & 0xffff) == 0 && System.nanoTime() > end) throw new Late();
            return text.charAt(i);
        }
        public int length() { return text.length(); }
        public CharSequence subSequence(int a, int b) { return text.substring(a, b); }
        public String toString() { return text; }
    }

    static String unescape(String s) {
        StringBuilder b = new StringBuilder();
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c != '\\') {
                b.append(c);
                continue;
            }
            c = s.charAt(++i);
            if (c == 'u') {
                b.append((char) Integer.parseInt(s.substring(i + 1, i + 5), 16));
                i += 4;
            } else {
                int k = "ntrbf".indexOf(c);
                b.append(k < 0 ? c : "\n\t\r\b\f".charAt(k));
            }
        }
        return b.toString();
    }

    static String quote(String s) {
        if (s == null) return "null";
        StringBuilder b = new StringBuilder("\"");
        for (int i = 0; i < s.length(); i += Character.charCount(s.codePointAt(i))) {
            int c = s.codePointAt(i);
            if (c >= 0xD800 && c <= 0xDFFF) throw new Lone();
            if (c == '"' || c == '\\') b.append('\\').append((char) c);
            else if (c < 0x20 || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029) b.append(String.format("\\u%04x", c));
            else b.appendCodePoint(c);
        }
        return b.append('"').toString();
    }

    static int place(String input, int i) {
        if (i > 0 && i < input.length() && Character.isLowSurrogate(input.charAt(i)) && Character.isHighSurrogate(input.charAt(i - 1)))
            throw new Lone();
        return input.codePointCount(0, i);
    }

    static String match(Matcher m, String input, boolean found) {
        if (!found) return "{\"find\":false}";
        List<String> groups = new ArrayList<>();
        for (int i = 1; i <= m.groupCount(); i++) groups.add(quote(m.group(i)));
        return "{\"find\":true,\"whole\":" + quote(m.group()) + ",\"start\":" + place(input, m.start())
            + (groups.isEmpty() ? "" : ",\"numbered\":[" + String.join(",", groups) + "]") + "}";
    }

    static String all(Matcher m, String input) {
        List<String> found = new ArrayList<>();
        while (found.size() < 50 && m.find()) found.add("[" + place(input, m.start()) + "," + place(input, m.end()) + "]");
        return "{\"all\":[" + String.join(",", found) + "]}";
    }

    static String answer(String kind, Pattern p, String input, String argument) {
        Matcher m = p.matcher(new Timed(input));
        switch (kind) {
            case "find": return match(m, input, m.find());
            case "matches": return match(m, input, m.matches());
            case "all": return all(m, input);
            case "split": {
                List<String> pieces = new ArrayList<>();
                for (String piece : p.split(new Timed(input), Integer.parseInt(argument))) pieces.add(quote(piece));
                return "{\"pieces\":[" + String.join(",", pieces) + "]}";
            }
        }
        try {
            return "{\"text\":" + quote(kind.equals("replaceAll") ? m.replaceAll(argument) : m.replaceFirst(argument)) + "}";
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            if (e instanceof IndexOutOfBoundsException && !e.getMessage().startsWith("No group")) throw e;
            return "{\"badReplacement\":true}";
        }
    }

    static String answer(String line) {
        String[] f = line.split("\t", -1);
        try {
            return answer(f[0], Pattern.compile(unescape(f[2]), Integer.parseInt(f[1])), unescape(f[3]), unescape(f[4]));
        } catch (PatternSyntaxException e) {
            return "{\"error\":true,\"index\":" + e.getIndex() + "}";
        } catch (StackOverflowError e) {
            return "{\"fault\":\"stack\"}";
        } catch (RuntimeException e) {
            return "{\"fault\":" + quote(e.getClass().getSimpleName()) + "}";
        }
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) out.println(answer(line));
        out.flush();
    }
}
