import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/**
 * Writes unicode.txt: what this JDK knows about every code point, one table per line.
 *
 *   java --add-opens java.base/java.lang=ALL-UNNAMED \
 *        --add-opens java.base/java.util.regex=ALL-UNNAMED Tables.java > unicode.txt
 *
 * A set is "kind name TAB ranges", where each range is a pair of numbers (gap, length).
 * A number is written in base 32, lowest digit first, with the 64 characters of DIGITS: a digit
 * of 32 or more means that another one follows. A signed number is doubled, and odd if negative.
 */
public class Tables {
    static final String DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static final PrintStream OUT = new PrintStream(System.out, true, java.nio.charset.StandardCharsets.UTF_8);

    static void number(StringBuilder b, int n) {
        while (n >= 32) {
            b.append(DIGITS.charAt(32 + (n & 31)));
            n >>>= 5;
        }
        b.append(DIGITS.charAt(n));
    }

    static String ranges(IntPredicate is) {
        StringBuilder b = new StringBuilder();
        int end = 0;
        for (int c = 0; c <= Character.MAX_CODE_POINT; ) {
            if (!is.test(c)) {
                c++;
                continue;
            }
            int start = c;
            while (c <= Character.MAX_CODE_POINT && is.test(c)) c++;
            number(b, start - end);
            number(b, c - start);
            end = c;
        }
        return b.toString();
    }

    static void set(String kind, String name, IntPredicate is) {
        OUT.println(kind + " " + name + "\t" + ranges(is));
    }

    static IntPredicate regex(String pattern) {
        java.util.function.Predicate<String> p = Pattern.compile(pattern).asMatchPredicate();
        return c -> p.test(new String(Character.toChars(c)));
    }

    static void mapping(String name, java.util.function.IntUnaryOperator f) {
        StringBuilder b = new StringBuilder();
        int last = 0;
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            int d = f.applyAsInt(c) - c;
            if (d == 0) continue;
            number(b, c - last);
            number(b, d < 0 ? -2 * d + 1 : 2 * d);
            last = c;
        }
        OUT.println("map " + name + "\t" + b);
    }

    static final String[] CATEGORIES = {
        "Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Mc", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf",
        null, "Co", "Cs", "Pd", "Ps", "Pe", "Pc", "Po", "Sm", "Sc", "Sk", "So", "Pi", "Pf"};

    static void scripts() {
        Map<Character.UnicodeScript, List<String>> names = new TreeMap<>();
        for (Character.UnicodeScript s : Character.UnicodeScript.values())
            names.computeIfAbsent(s, k -> new ArrayList<>()).add(s.name());
        char[] a = new char[4];
        for (int n = 0; n < 26 * 26 * 26 * 26; n++) {
            for (int i = 0, v = n; i < 4; i++, v /= 26) a[i] = (char) ('A' + v % 26);
            String alias = new String(a);
            try {
                Character.UnicodeScript s = Character.UnicodeScript.forName(alias);
                if (!names.get(s).contains(alias)) names.get(s).add(alias);
            } catch (IllegalArgumentException e) {
                continue;
            }
        }
        for (Map.Entry<Character.UnicodeScript, List<String>> e : names.entrySet())
            set("sc", String.join(" ", e.getValue()), c -> Character.UnicodeScript.of(c) == e.getKey());
    }

    @SuppressWarnings("unchecked")
    static void blocks() throws Exception {
        Field f = Character.UnicodeBlock.class.getDeclaredField("map");
        f.setAccessible(true);
        Map<Character.UnicodeBlock, List<String>> names = new LinkedHashMap<>();
        for (Map.Entry<String, Character.UnicodeBlock> e : new TreeMap<>((Map<String, Character.UnicodeBlock>) f.get(null)).entrySet())
            names.computeIfAbsent(e.getValue(), k -> new ArrayList<>()).add(e.getKey());
        for (Map.Entry<Character.UnicodeBlock, List<String>> e : names.entrySet())
            set("blk", String.join("/", e.getValue()), c -> Character.UnicodeBlock.of(c) == e.getKey());
    }

    static void graphemes() throws Exception {
        Class<?> g = Class.forName("java.util.regex.Grapheme");
        Method type = null;
        for (Method m : g.getDeclaredMethods()) if (m.getName().equals("getType")) type = m;
        type.setAccessible(true);
        int[] types = new int[Character.MAX_CODE_POINT + 1];
        int max = 0;
        for (int c = 0; c < types.length; c++) {
            types[c] = (Integer) type.invoke(null, c);
            max = Math.max(max, types[c]);
        }
        Map<Integer, String> names = new TreeMap<>();
        for (Field f : g.getDeclaredFields())
            if (f.getType() == int.class && java.lang.reflect.Modifier.isStatic(f.getModifiers())) {
                f.setAccessible(true);
                if (!f.getName().startsWith("FIRST") && !f.getName().startsWith("LAST")) names.put(f.getInt(null), f.getName());
            }
        for (int t = 1; t <= max; t++) {
            int want = t;
            set("gb", names.getOrDefault(t, "" + t), c -> types[c] == want);
        }
    }

    public static void main(String[] args) throws Exception {
        OUT.println("# JDK " + System.getProperty("java.version") + ", written by internal/jdk/Tables.java. Do not edit.");
        for (int t = 0; t < CATEGORIES.length; t++) {
            int want = t;
            if (CATEGORIES[t] != null) set("gc", CATEGORIES[t], c -> Character.getType(c) == want);
        }
        for (String p : "Alphabetic Ideographic Lowercase Uppercase White_Space Hex_Digit Punctuation Alnum Blank Graph Print Word".split(" "))
            set("is", p, regex("(?s)\\p{Is" + p + "}"));
        for (String p : ("UnicodeIdentifierStart UnicodeIdentifierPart Mirrored").split(" "))
            set("java", p, regex("\\p{java" + p + "}"));
        scripts();
        blocks();
        graphemes();
        List<String> controls = new ArrayList<>();
        for (int c = 0; c < 0xA0; c++) if (Character.isISOControl(c)) controls.add(Character.getName(c));
        OUT.println("name Cc\t" + String.join("/", controls));
        mapping("upper", Character::toUpperCase);
        mapping("lower", Character::toLowerCase);
    }
}
