import freemarker.core.*;
import freemarker.template.*;
import java.io.*;
import java.text.*;
import java.util.*;

/**
 * Prints cases of date formatting and parsing with FreeMarker's answers, as lines of
 * tab-separated fields with backslash escapes: locale, time zone, kind (1 time, 2 date,
 * 3 date-time), format, operation (f for format, p for parse), input (milliseconds or text), and
 * result (text or milliseconds), or "!" and the error message. The first line is the time of the
 * answers, in milliseconds, because the meaning of a two-digit year depends on it.
 *
 * usage: DateCases count seed
 */
public class DateCases {
    static final String[] LOCALES = ("en_US en_GB en_CA en_AU de_DE de_AT de_CH fr_FR fr_CA fr_CH es_ES es_MX it_IT nl_NL pt_PT pt_BR pl_PL"
        + " sv_SE da_DK nb_NO no_NO fi_FI tr_TR ru_RU uk_UA cs_CZ hu_HU ro_RO el_GR bg_BG ja_JP zh_CN zh_TW ko_KR ar_EG ar_SA he_IL hi_IN"
        + " th_TH vi_VN id_ID en de fr xx de_US fa_IR").split(" ");
    static final String[] ZONES = ("UTC UTC GMT America/New_York America/Los_Angeles Europe/Berlin Europe/London Asia/Kolkata Asia/Tokyo"
        + " Australia/Sydney America/Sao_Paulo Africa/Cairo Asia/Kathmandu Pacific/Auckland America/St_Johns Europe/Dublin Europe/Moscow"
        + " EST PST CET GMT+2 GMT-03:30 GMT+0 GMT+25 Foo/Bar ../../etc/passwd Etc/GMT-5 Australia/Lord_Howe Europe/Istanbul Asia/Shanghai America/Phoenix").split(" ");
    static final String[] PATTERNS = {
        "yyyy-MM-dd", "dd.MM.yyyy HH:mm", "d/M/yy", "EEEE, d MMMM yyyy", "EEE d MMM yyyy", "MMM", "MMMM", "LLLL yyyy", "LLL", "MM/dd/yyyy hh:mm:ss a",
        "h:mm a", "HH:mm:ss.SSS", "yyyy-MM-dd'T'HH:mm:ssX", "yyyy-MM-dd'T'HH:mm:ssXX", "yyyy-MM-dd'T'HH:mm:ssXXX", "yyyy-MM-dd HH:mm:ss Z", "yyyy-MM-dd HH:mm z",
        "yyyy-MM-dd HH:mm zzzz", "G yyyy", "GGGG y", "YYYY-'W'ww-u", "Y w E", "yyyy D", "yyyyMMdd", "yyyyMMddHHmmss", "yyMMdd", "k:mm", "K:mm a", "W F", "yyyy MM W E", "yyyy MM F E",
        "'o''clock' h", "yyyyy", "y", "yyy", "M", "MMMMM", "EEEEE", "aaaa", "S", "SS", "'unclosed", "T", "XXXX", "b", "n", "yyyy.MM.dd G 'at' HH:mm:ss z", "\u5e74yyyy\u6708", "dd MMM yyyy HH:mm", "H", "yyyy-MM-dd HH:mm:ss",
    };
    static final String[] NAMED = {
        "", "short", "medium", "long", "full", "short_short", "medium_short", "long_full", "full_long", "short_medium", "medium_long", "full_full", "short_x", "x_short",
        "iso", "iso_nz", "iso_fz", "iso_u", "iso_fu", "iso_m", "iso_h", "iso_s", "iso_ms", "iso_m_nz", "iso_u_ms_nz", "iso m u", "iso_ms_fz", "isox", "iso_x", "iso_n", "iso_m_s", "iso_u_u", "iso_nz_fz", "iso_f",
        "xs", "xs_nz", "xs_fz", "xs_u", "xs_fu", "xs_ms", "xs_s", "xs_m", "xs_h", "xs_ms_nz_u", "xsu",
    };
    static final String[] TEXTS = {
        "2024-03-05", "2024-03-05T14:07:09Z", "2024-03-05T14:07:09.5+02:00", "20240305T140709Z", "20240305", "14:07", "14:07:09", "1407", "140709.25", "14", "24:00", "24:00:00", "2024-03-05T24:00", "24:01", "12:60",
        "23:59:60", "2024-02-30", "2023-02-29", "2024-13-01", "2024-00-10", "-0001-01-01", "0000-01-01", "-1-01-01", "12345-01-01", "99999999999-01-01", "2024-03-05T14:07:09,125Z", "2024-03-05T14", "2024-03-05T14+05", "2024-03-05T14:07:09+0530",
        "20240305T14+0530", "2024-03-05T14:07:09-24:00", "2024-03-05T14:07:09+05:61", "2024-03-10T02:30:00", "2024-11-03T01:30:00", "2024-03-31T02:30:00", "2024-10-27T02:30:00", "2024-03-30T24:00:00", "2024-03-05Z", "2024-03-05+01:00",
        "14:07:09Z", "14:07:09.1234567+01:00", " 2024-03-05", "2024-03-05 ", "2024-03-05t14:07:09z", "1582-10-10", "0001-01-01", "292278995-01-01", "5/3/24", "Mar 5, 2024", "Mar 5, 2024, 2:07:09 PM", "3/5/24, 2:07 PM",
        "5 March 2024", "", "x", "2024", "1/2/3", "99/1/1", "12:00 PST", "2024-07-05 12:00 PST", "2024-07-05 12:00 PDT", "2024-07-05 12:00 CEST", "2024-07-05 12:00 Pacific Standard Time", "2024-07-05 12:00 GMT+3:00", "2024-07-05 12:00 GMT",
        "2024-07-05 12:00 gmt-03:30", "2024-07-05 12:00 EST", "2024-01-05 12:00 EDT", "2024-07-05 12:00 JST", "2024-07-05 12:00 XYZ", "2024-07-05 12:00:00 +0230", "2024-07-05 12:00:00 -08", "20240732", "20241301", "240305", "2024-2-3", "2E3-01-01", "-5-1-1", "+5-1-1",
        "2024-W10-2", "2024-W1-1", "2024-W53-7", "2024 366", "2023 400", "25:61", "0:00 AM", "12:00 PM", "12:30 am", "13:30 PM", "NaN-01-01", "\u0662\u0660\u0662\u0664-\u0660\u0663-\u0660\u0665",
    };

    public static void main(String[] a) throws Exception {
        Locale.setDefault(Locale.US);
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        int count = Integer.parseInt(a[0]);
        Random r = new Random(Long.parseLong(a[1]));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        Configuration c = new Configuration(Configuration.VERSION_2_3_31);
        c.setLocale(new Locale("zz")); // the cases use other locales, so that no format is cached
        Environment env = new Template("t", new StringReader(""), c).createProcessingEnvironment(new HashMap<String, Object>(), new StringWriter());
        out.println(System.currentTimeMillis());
        for (int n = 0; n < count; n++) {
            String ls = LOCALES[r.nextInt(3) == 0 ? 0 : r.nextInt(LOCALES.length)];
            String[] lp = ls.split("_");
            Locale l = lp.length == 1 ? new Locale(lp[0]) : new Locale(lp[0], lp[1]);
            String zone = ZONES[r.nextInt(ZONES.length)];
            if (r.nextInt(8) == 0) { String[] ids = TimeZone.getAvailableIDs(); zone = ids[r.nextInt(ids.length)]; }
            TimeZone tz = TimeZone.getTimeZone(zone);
            int kind = 1 + r.nextInt(3);
            String spec = r.nextBoolean() ? NAMED[r.nextInt(NAMED.length)] : r.nextInt(8) == 0 ? random(r) : PATTERNS[r.nextInt(PATTERNS.length)];
            String head = esc(ls) + "\t" + esc(zone) + "\t" + kind + "\t" + esc(spec);
            TemplateDateFormat f;
            try {
                f = env.getTemplateDateFormat(spec, kind, l, tz, false);
            } catch (TemplateValueFormatException e) {
                out.println(head + "\t!\t\t!" + esc(String.valueOf(e.getMessage())));
                continue;
            }
            long ms = millis(r);
            String formatted;
            try {
                formatted = f.formatToPlainText(new SimpleDate(new Date(ms), kind));
            } catch (ArrayIndexOutOfBoundsException e) {
                continue; // FreeMarker's buffer is too short for offsets with seconds
            }
            if (r.nextInt(2) == 0) {
                out.println(head + "\tf\t" + ms + "\t" + esc(formatted));
                continue;
            }
            String text = r.nextInt(3) == 0 ? TEXTS[r.nextInt(TEXTS.length)] : formatted;
            if (r.nextInt(5) == 0) text = mutate(text, r);
            String answer;
            try {
                answer = "" + ((Date) env.getTemplateDateFormat(spec, kind, l, (TimeZone) tz.clone(), false).parse(text, kind)).getTime();
            } catch (TemplateValueFormatException e) {
                answer = "!" + e.getMessage();
            }
            out.println(head + "\tp\t" + esc(text) + "\t" + esc(answer));
        }
        out.flush();
    }

    static long millis(Random r) {
        switch (r.nextInt(12)) {
        case 0: return -62135769600000L + (long) (r.nextDouble() * 40 * 365 * 86400000.0) - (long) (20 * 365 * 86400000.0); // about the year 1
        case 1: return -12219292800000L + r.nextInt(200) * 86400000L - 100 * 86400000L; // 1582
        case 2: return (long) ((r.nextDouble() - 0.5) * 4e14);
        case 3: return (long) (r.nextDouble() * 4e12) + 2e12 > 0 ? (long) (r.nextDouble() * 8e12) : 0; // up to 2223
        case 4: return new long[] {0, -1, 1, 1709647629000L, 1709647629123L, 253402300799999L, -2208988800000L}[r.nextInt(7)];
        case 5: return (long) (r.nextDouble() * -4e12);
        default: return 1.0 * r.nextInt(100) > 50 ? 1704067200000L + (long) (r.nextDouble() * 366 * 86400000.0) : (long) (r.nextDouble() * 2.2e12);
        }
    }

    static String random(Random r) {
        StringBuilder b = new StringBuilder();
        String chars = "GyyMMddkHmsSEDFwWahKzZYuXL' -:./,xq";
        for (int i = r.nextInt(6); i >= 0; i--) {
            char c = chars.charAt(r.nextInt(chars.length()));
            for (int n = r.nextInt(4); n >= 0; n--) b.append(c);
        }
        return b.toString();
    }

    static String mutate(String s, Random r) {
        if (s.isEmpty()) return s;
        int i = r.nextInt(s.length());
        switch (r.nextInt(4)) {
        case 0: return s.substring(0, i) + s.substring(i + 1);
        case 1: return s.substring(0, i) + s.charAt(i) + s.substring(i);
        case 2: return s.substring(0, i) + "0123456789 -:TZ".charAt(r.nextInt(15)) + s.substring(i + 1);
        default: return s + " x";
        }
    }

    static String esc(String s) { return s.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r"); }
}
