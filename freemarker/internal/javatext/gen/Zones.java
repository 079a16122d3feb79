import java.io.PrintStream;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.zone.*;
import java.util.*;

/**
 * Prints the time zones of this JDK, as java.util.TimeZone has them, and their names. The result is
 * the contents of dateformat/zones.txt.gz.
 *
 *   @rules    one line for each set of rules: the (raw offset, saving) pairs in seconds, then
 *             the first pair's number and the transitions: seconds since the one before in
 *             base 36, and the number of the pair; then the yearly rules after the last one
 *   @ids      ID, line of its rules, number of its names, saving of summer time in seconds
 *   @orders   locales, then the IDs whose names SimpleDateFormat knows, in the order in which it
 *             tries them, as line numbers of @ids
 *   @names    locale, then "number=standard long|short|summer long|short"
 *             for each zone whose names differ from those of the language or of the root
 */
public class Zones {
    static final long YEAR_1900 = -2208988800L, YEAR_2038 = 2145916800L;

    public static void main(String[] a) throws Exception {
        Locale.setDefault(Locale.US);
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        String[] ids = TimeZone.getAvailableIDs();
        Arrays.sort(ids);
        TreeSet<String> locales = new TreeSet<>();
        locales.add("");
        for (Locale l : Locale.getAvailableLocales())
            if (!l.getLanguage().isEmpty() && l.getVariant().isEmpty())
                locales.add(l.getLanguage() + (l.getCountry().isEmpty() ? "" : "_" + l.getCountry()));

        Map<String, Integer> rules = new LinkedHashMap<>(), groups = new LinkedHashMap<>();
        Map<String, String> names = new HashMap<>(); // locale, group
        StringBuilder idLines = new StringBuilder();
        Map<String, Integer> groupOf = new LinkedHashMap<>();
        Map<String, StringBuilder> signature = new LinkedHashMap<>();
        for (String id : ids) signature.put(id, new StringBuilder());
        for (String ls : locales)
            for (String id : ids) signature.get(id).append(name(id, locale(ls))).append('\n');
        for (String id : ids) {
            String s = signature.get(id).toString();
            Integer g = groups.get(s);
            if (g == null) groups.put(s, g = groups.size());
            groupOf.put(id, g);
            String r = rules(TimeZone.getTimeZone(id));
            Integer n = rules.get(r);
            if (n == null) rules.put(r, n = rules.size());
            idLines.append(id).append(' ').append(n).append(' ').append(g).append(' ')
                .append(TimeZone.getTimeZone(id).getDSTSavings() / 1000).append('\n');
        }
        out.println("@rules");
        for (String r : rules.keySet()) out.println(r);
        out.println("@ids");
        out.print(idLines);
        out.println("@orders");
        List<String> sorted = Arrays.asList(ids);
        Map<String, String> orders = new LinkedHashMap<>(); // of a locale
        Map<String, StringBuilder> users = new LinkedHashMap<>();
        for (String ls : locales) {
            StringBuilder order = new StringBuilder();
            for (String[] z : java.text.DateFormatSymbols.getInstance(locale(ls)).getZoneStrings())
                order.append(' ').append(Integer.toString(sorted.indexOf(z[0]), 36));
            orders.put(ls, order.toString());
            if (!order.toString().equals(orders.get(parent(ls, locales))))
                users.computeIfAbsent(order.toString(), k -> new StringBuilder()).append(' ').append(ls.isEmpty() ? "root" : ls);
        }
        for (Map.Entry<String, StringBuilder> e : users.entrySet())
            out.println(e.getValue().toString().trim() + "\t" + e.getKey().trim());
        out.println("@names");
        String[] idOf = new String[groups.size()];
        for (Map.Entry<String, Integer> e : groupOf.entrySet()) if (idOf[e.getValue()] == null) idOf[e.getValue()] = e.getKey();
        for (String ls : locales) {
            String parent = parent(ls, locales);
            StringBuilder b = new StringBuilder();
            for (int g = 0; g < idOf.length; g++) {
                String n = name(idOf[g], locale(ls));
                if (parent == null || !n.equals(name(idOf[g], locale(parent))))
                    b.append('\t').append(Integer.toString(g, 36)).append('=').append(n);
            }
            if (b.length() > 0) out.println(ls + b);
        }
        out.flush();
    }

    static String parent(String ls, Set<String> locales) {
        if (ls.isEmpty()) return null;
        String language = ls.contains("_") ? ls.substring(0, ls.indexOf('_')) : "";
        return locales.contains(language) ? language : "";
    }

    static Locale locale(String s) {
        String[] p = s.split("_");
        return p.length == 1 ? new Locale(p[0]) : new Locale(p[0], p[1]);
    }

    static String name(String id, Locale l) {
        TimeZone z = TimeZone.getTimeZone(id);
        String s = z.getDisplayName(false, TimeZone.LONG, l) + "|" + z.getDisplayName(false, TimeZone.SHORT, l)
            + "|" + z.getDisplayName(true, TimeZone.LONG, l) + "|" + z.getDisplayName(true, TimeZone.SHORT, l);
        if (s.indexOf('\t') >= 0 || s.indexOf('\n') >= 0 || s.split("\\|", -1).length != 4) throw new IllegalStateException(s);
        return s;
    }

    static String rules(TimeZone z) {
        ZoneRules r = z.toZoneId().getRules();
        // Not every change is a transition of the rules, since standard time may change together
        // with the saving. So check each day.
        TreeSet<Long> at = new TreeSet<>();
        String last = pair(z, YEAR_1900 - 86400);
        for (long t = YEAR_1900; t < YEAR_2038; t += 86400) {
            String now = pair(z, t);
            if (!now.equals(last)) {
                for (ZoneOffsetTransition o = r.nextTransition(java.time.Instant.ofEpochSecond(t - 86401));
                        o != null && o.toEpochSecond() <= t; o = r.nextTransition(o.getInstant()))
                    at.add(o.toEpochSecond());
                long low = t - 86400, high = t;
                while (high - low > 1) {
                    long mid = (low + high) / 2;
                    if (pair(z, mid).equals(last)) low = mid;
                    else high = mid;
                }
                at.add(high);
            }
            last = now;
        }
        List<String> pairs = new ArrayList<>();
        StringBuilder b = new StringBuilder();
        String before = pair(z, -62135596800L);
        pairs.add(before);
        long prev = 0;
        for (long t : at) {
            String p = pair(z, t);
            if (p.equals(before)) continue;
            if (!pairs.contains(p)) pairs.add(p);
            b.append(' ').append(Long.toString(t - prev, 36)).append(' ').append(Integer.toString(pairs.indexOf(p), 36));
            prev = t;
            before = p;
        }
        StringBuilder yearly = new StringBuilder();
        for (ZoneOffsetTransitionRule t : r.getTransitionRules()) {
            yearly.append(' ').append(t.getMonth().getValue()).append(',').append(t.getDayOfMonthIndicator()).append(',')
                .append(t.getDayOfWeek() == null ? 0 : t.getDayOfWeek().getValue()).append(',')
                .append(t.isMidnightEndOfDay() ? 86400 : t.getLocalTime().toSecondOfDay()).append(',')
                .append(t.getTimeDefinition().toString().charAt(0)).append(',')
                .append(t.getStandardOffset().getTotalSeconds()).append(',')
                .append(t.getOffsetBefore().getTotalSeconds()).append(',').append(t.getOffsetAfter().getTotalSeconds());
        }
        return String.join(" ", pairs) + ";" + b.toString().trim() + ";" + yearly.toString().trim();
    }

    static String pair(TimeZone z, long second) {
        GregorianCalendar c = new GregorianCalendar(z);
        c.setTimeInMillis(second * 1000);
        return c.get(Calendar.ZONE_OFFSET) / 1000 + "," + c.get(Calendar.DST_OFFSET) / 1000;
    }
}
