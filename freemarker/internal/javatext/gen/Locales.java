import java.io.PrintStream;
import java.text.DateFormat;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.text.NumberFormat;
import java.text.SimpleDateFormat;
import java.util.*;

/**
 * Prints the locale data of this JDK, the contents of locale/locales.txt. Values that several
 * locales share are written once, in sections of the form "@name", one value per line; a
 * locale's line contains the line numbers of its values. The parts of a value are separated by bars.
 */
public class Locales {
    static final String[] SECTIONS = {
        "symbols", "patterns", "currencies", "eras", "months", "shortmonths", "standalonemonths",
        "standaloneshortmonths", "weekdays", "shortweekdays", "ampm", "styles", "glue", "week",
    };
    static final Map<String, Map<String, Integer>> POOLS = new LinkedHashMap<>();

    public static void main(String[] a) throws Exception {
        Locale.setDefault(Locale.US);
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        for (String s : SECTIONS) POOLS.put(s, new LinkedHashMap<>());
        TreeMap<String, Locale> all = new TreeMap<>();
        for (Locale l : Locale.getAvailableLocales()) {
            if (l.getLanguage().isEmpty() || !l.getVariant().isEmpty()) continue;
            Locale p = new Locale(l.getLanguage(), l.getCountry());
            all.put(p.toString(), p);
        }
        for (String s : new String[] {"no", "no_NO", "zh_CN", "zh_TW", "zh_HK", "zh_MO", "zh_SG", "sr_RS", "sr_ME", "sr_BA"}) {
            String[] p = s.split("_");
            Locale l = p.length == 1 ? new Locale(p[0]) : new Locale(p[0], p[1]);
            all.put(l.toString(), l);
        }
        // The variant ja_JP_JP is left out, because it has its own calendar.
        for (Locale l : new Locale[] {
                new Locale("ca", "ES", "VALENCIA"), new Locale("en", "US", "POSIX"), new Locale("no", "NO", "NY"), new Locale("th", "TH", "TH")})
            all.put(l.getLanguage() + "_" + l.getCountry() + "_" + l.getVariant(), l);
        TreeMap<String, String> lines = new TreeMap<>();
        lines.put("", line(Locale.ROOT));
        for (Map.Entry<String, Locale> e : all.entrySet()) {
            String line = line(e.getValue());
            Locale l = e.getValue();
            String parent = l.getCountry().isEmpty() ? "" : l.getLanguage();
            // A locale with the same data as its fallback needs no line.
            if (!l.getVariant().isEmpty() || !line.equals(line(parent.isEmpty() ? Locale.ROOT : new Locale(parent)))
                    || !all.containsKey(parent) && !parent.isEmpty())
                lines.put(e.getKey(), line);
        }
        for (String s : SECTIONS) {
            out.println("@" + s);
            for (String v : POOLS.get(s).keySet()) out.println(v);
        }
        out.println("@locales");
        for (Map.Entry<String, String> e : lines.entrySet()) out.println(e.getKey() + e.getValue());
        out.println("@countries");
        TreeSet<String> countries = new TreeSet<>(Arrays.asList(Locale.getISOCountries()));
        for (Locale l : all.values()) if (l.getCountry().length() == 2) countries.add(l.getCountry());
        for (String c : countries) {
            Locale l = new Locale("", c);
            Currency cur = null;
            try { cur = Currency.getInstance(l); } catch (IllegalArgumentException e) { } // the country is not in ISO 3166
            Calendar cal = Calendar.getInstance(l);
            out.println(c + "|" + (cur == null ? "" : cur.getCurrencyCode()) + "|"
                + cal.getFirstDayOfWeek() + "|" + cal.getMinimalDaysInFirstWeek());
        }
        out.println("@currencydigits");
        TreeMap<Integer, TreeSet<String>> digits = new TreeMap<>();
        for (Currency c : Currency.getAvailableCurrencies())
            digits.computeIfAbsent(c.getDefaultFractionDigits(), k -> new TreeSet<>()).add(c.getCurrencyCode());
        for (Map.Entry<Integer, TreeSet<String>> e : digits.entrySet())
            out.println(e.getKey() + "|" + String.join(" ", e.getValue()));
        out.flush();
    }

    static String put(String section, String... parts) {
        for (String p : parts)
            if (p.indexOf('|') >= 0 || p.indexOf('\n') >= 0) throw new IllegalStateException(section + ": " + p);
        String v = String.join("|", parts);
        Map<String, Integer> pool = POOLS.get(section);
        Integer n = pool.get(v);
        if (n == null) pool.put(v, n = pool.size());
        return " " + Integer.toString(n, 36);
    }

    static String line(Locale l) {
        StringBuilder b = new StringBuilder();
        DecimalFormatSymbols s = DecimalFormatSymbols.getInstance(l);
        DecimalFormat number = (DecimalFormat) NumberFormat.getNumberInstance(l);
        // The affixes, which have no getters: an Arabic minus or percent sign comes with
        // directional marks.
        String minus = affix("-0", s, -1, true), percent = affix("0%", s, 1, false), perMille = affix("0\u2030", s, 1, false);
        b.append(put("symbols", "" + s.getDecimalSeparator(), "" + s.getGroupingSeparator(), percent, "" + s.getZeroDigit(),
            minus, s.getExponentSeparator(), perMille, s.getInfinity(), s.getNaN(),
            "" + s.getMonetaryDecimalSeparator(), "" + monetaryGrouping(l, s)));
        b.append(put("patterns", number.toPattern(), ((DecimalFormat) NumberFormat.getCurrencyInstance(l)).toPattern(),
            ((DecimalFormat) NumberFormat.getPercentInstance(l)).toPattern()));
        TreeMap<String, String> symbols = new TreeMap<>();
        for (Currency c : Currency.getAvailableCurrencies())
            if (!c.getSymbol(l).equals(c.getCurrencyCode())) symbols.put(c.getCurrencyCode(), c.getSymbol(l));
        StringBuilder cs = new StringBuilder();
        for (Map.Entry<String, String> e : symbols.entrySet())
            cs.append(cs.length() == 0 ? "" : "\t").append(e.getKey()).append(e.getValue());
        b.append(put("currencies", cs.toString()));

        Calendar cal = Calendar.getInstance(l);
        cal.clear();
        b.append(put("eras", join(cal, l, Calendar.ERA, Calendar.SHORT_FORMAT, 0, 1, true),
            join(cal, l, Calendar.ERA, Calendar.LONG_FORMAT, 0, 1, true)).replace("\t", "|"));
        b.append(put("months", join(cal, l, Calendar.MONTH, Calendar.LONG_FORMAT, 0, 11, false)));
        b.append(put("shortmonths", join(cal, l, Calendar.MONTH, Calendar.SHORT_FORMAT, 0, 11, false)));
        b.append(put("standalonemonths", join(cal, l, Calendar.MONTH, Calendar.LONG_STANDALONE, 0, 11, false)));
        b.append(put("standaloneshortmonths", join(cal, l, Calendar.MONTH, Calendar.SHORT_STANDALONE, 0, 11, false)));
        b.append(put("weekdays", join(cal, l, Calendar.DAY_OF_WEEK, Calendar.LONG_FORMAT, 1, 7, false)));
        b.append(put("shortweekdays", join(cal, l, Calendar.DAY_OF_WEEK, Calendar.SHORT_FORMAT, 1, 7, false)));
        b.append(put("ampm", join(cal, l, Calendar.AM_PM, Calendar.SHORT_FORMAT, 0, 1, false),
            join(cal, l, Calendar.AM_PM, Calendar.LONG_FORMAT, 0, 1, false)));
        String[] date = new String[4], time = new String[4], glue = new String[4];
        for (int i = 0; i < 4; i++) {
            date[i] = pattern(DateFormat.getDateInstance(i, l));
            time[i] = pattern(DateFormat.getTimeInstance(i, l));
        }
        for (int d = 0; d < 4; d++)
            for (int t = 0; t < 4; t++) {
                String p = pattern(DateFormat.getDateTimeInstance(d, t, l));
                String g = p.replace(date[d], "{1}").replace(time[t], "{0}");
                int style = Math.max(d, t);
                if (glue[style] == null) glue[style] = g;
                else if (!glue[style].replace("{1}", date[d]).replace("{0}", time[t]).equals(p))
                    throw new IllegalStateException(l + " date-time pattern " + d + " " + t + ": " + p);
            }
        b.append(put("styles", String.join("|", date).split("\\|")[0], date[1], date[2], date[3], time[0], time[1], time[2], time[3]));
        b.append(put("glue", glue));
        b.append(put("week", "" + cal.getFirstDayOfWeek(), "" + cal.getMinimalDaysInFirstWeek()));
        return b.toString();
    }

    static String pattern(DateFormat f) { return ((SimpleDateFormat) f).toPattern(); }

    static String affix(String pattern, DecimalFormatSymbols s, int sign, boolean prefix) {
        DecimalFormat f = new DecimalFormat(prefix ? "0" : pattern, s);
        return prefix ? f.getNegativePrefix() : f.getPositiveSuffix();
    }

    /** The monetary grouping separator has no getter before JDK 15. */
    static char monetaryGrouping(Locale l, DecimalFormatSymbols s) { return s.getMonetaryGroupingSeparator(); }

    static String join(Calendar cal, Locale l, int field, int style, int from, int to, boolean era) {
        StringBuilder b = new StringBuilder();
        for (int i = from; i <= to; i++) {
            cal.clear();
            if (era) cal.set(Calendar.YEAR, 2000);
            if (field == Calendar.MONTH) cal.set(2001, i, 15);
            else if (field == Calendar.DAY_OF_WEEK) cal.setTime(new GregorianCalendar(2001, Calendar.APRIL, i).getTime());
            else if (field == Calendar.AM_PM) cal.set(2001, 0, 1, i * 12, 30);
            else cal.set(field, i);
            String s = cal.getDisplayName(field, style, l);
            if (s == null && (style & 0x8000) != 0) s = cal.getDisplayName(field, style & 0x7fff, l);
            b.append(i == from ? "" : "\t").append(s == null ? "" : s);
        }
        return b.toString();
    }
}
