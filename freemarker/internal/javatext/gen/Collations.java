import java.io.PrintStream;
import java.lang.reflect.Method;
import java.text.Collator;
import java.text.RuleBasedCollator;
import java.util.*;

/**
 * Prints the collation rules of this JDK, the contents of collate/rules.txt.gz. The first line has
 * the rules of all collators; each further line has the names of locales, a tab and the rules
 * that they add. The rules are canonically decomposed, since java.text builds its tables from
 * that form; white space outside quotes is dropped.
 */
public class Collations {
    public static void main(String[] a) throws Exception {
        Locale.setDefault(Locale.US);
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        String root = ((RuleBasedCollator) Collator.getInstance(Locale.ROOT)).getRules();
        Class<?> c = Class.forName("jdk.internal.icu.impl.NormalizerImpl");
        Method m = c.getMethod("canonicalDecomposeWithSingleQuotation", String.class);
        TreeMap<String, Set<String>> tailored = new TreeMap<>();
        for (Locale l : Locale.getAvailableLocales()) {
            if (!l.getVariant().isEmpty()) continue;
            Locale p = new Locale(l.getLanguage(), l.getCountry());
            String r = ((RuleBasedCollator) Collator.getInstance(p)).getRules();
            if (!r.startsWith(root)) throw new IllegalStateException(p + ": rules of its own");
            if (r.length() > root.length())
                tailored.computeIfAbsent(r.substring(root.length()), k -> new TreeSet<>()).add(p.toString());
        }
        out.println(squeeze((String) m.invoke(null, root)));
        for (Map.Entry<String, Set<String>> e : tailored.entrySet()) {
            Set<String> names = e.getValue();
            Set<String> all = new TreeSet<>(names);
            names.removeIf(n -> n.contains("_") && all.contains(n.substring(0, n.indexOf('_'))));
            out.println(String.join(" ", names) + "\t" + squeeze((String) m.invoke(null, e.getKey())));
        }
        out.flush();
    }

    static String squeeze(String s) {
        StringBuilder b = new StringBuilder();
        boolean quoted = false;
        char[] cs = s.toCharArray();
        for (int i = 0; i < cs.length; i++) {
            char c = cs[i];
            if (c == '\'') {
                b.append(c);
                quoted = !quoted;
                if (!quoted) continue;
                c = cs[++i]; // the character after an opening quote is quoted, even if it is a quote
            } else if (!quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f')) continue;
            switch (c) {
            case '\n': b.append("\\n"); break;
            case '\t': b.append("\\t"); break;
            case '\r': b.append("\\r"); break;
            case '\\': b.append("\\\\"); break;
            default: b.append(c);
            }
        }
        return b.toString();
    }
}
