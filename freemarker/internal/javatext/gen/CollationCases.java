import java.io.PrintStream;
import java.text.Collator;
import java.util.*;

/**
 * Prints comparisons by this JDK's collators, as lines of tab-separated fields with backslash
 * escapes: locale, two strings, and the result, -1, 0 or 1.
 *
 * usage: CollationCases count seed
 */
public class CollationCases {
    static final String[] LOCALES = ("en_US en_US en_US de_DE fr_FR fr_CA es_ES it_IT nl_NL pt_BR pl_PL sv_SE da_DK nb_NO nn_NO no fi_FI tr_TR ru_RU uk_UA bg_BG"
        + " cs_CZ sk_SK hu_HU ro_RO el_GR hr_HR sl_SI lt_LT lv_LV et_EE is_IS sq_AL ca_ES be_BY mk_MK sr_RS ja_JP zh_CN zh_TW zh_HK ko_KR ar_EG he_IL hi_IN th_TH vi_VN xx").split(" ");
    static final String[] PARTS = {
        "a", "A", "b", "B", "c", "C", "ch", "Ch", "CH", "d", "dz", "e", "f", "g", "h", "i", "I", "j", "k", "l", "ll", "m", "n", "o", "O", "p", "r", "s", "S", "ss", "t", "th", "u", "v", "w", "x", "y", "z", "Z", "aa", "AA", "Aa",
        "0", "1", "9", "10", " ", " ", "-", "_", ".", ",", "'", "\"", "!", "?", "@", "#", "$", "%", "&", "(", "+", "=", "<", "/", "\\", "|", "~", "^", "`", "\t", "\n", "\u0000", "\u0001", "\u007f", "\u00a0", "\u00ad", "\u200b", "\u200d", "\ufeff",
        "\u00e9", "\u00c9", "\u00e8", "\u00ea", "e\u0301", "e\u0300", "\u0301", "\u0308", "\u0327", "\u00e4", "\u00c4", "a\u0308", "\u00e5", "\u00c5", "\u00e6", "\u00c6", "\u00f6", "\u00d6", "\u00f8", "\u00d8", "\u00fc", "\u00dc", "\u00df", "\u00f1", "\u00d1", "\u00e7", "\u00c7", "\u00f0", "\u00fe", "\u0153",
        "\u0131", "\u0130", "\u015f", "\u015e", "\u011f", "\u0142", "\u0141", "\u0107", "\u010d", "\u010c", "\u0159", "\u0161", "\u017e", "\u0151", "\u0171", "\u0103", "\u0111", "\u01c6", "\u01c4", "\u01e3", "\u1eaf", "\u1ea5", "\u0144", "\u017c", "\u00b5", "\u2126", "\u212b", "\ufb01",
        "\u0430", "\u0410", "\u0431", "\u0435", "\u0451", "\u0439", "\u0438", "\u0456", "\u0457", "\u0491", "\u044f", "\u03b1", "\u03ac", "\u0391", "\u03c2", "\u03c3", "\u03a9", "\u05d0", "\u05d1", "\u05b0", "\u0627", "\u0628", "\u064e", "\u0640", "\u0905", "\u0915", "\u093c", "\u0958", "\u0e01", "\u0e40", "\u0e41\u0e02", "\u0e48", "\u0ec0\u0e81",
        "\u3042", "\u30a2", "\u3041", "\u30fc", "\u304b", "\u304c", "\u304b\u3099", "\u4e00", "\u4e2d", "\u6587", "\u4e9c", "\uac00", "\uac01", "\u1100\u1161", "\u3000", "\u3001", "\uff21", "\uff71", "\ud83d\ude00", "\ud840\udc00", "\ud834\udd5e", "\uf900", "\u20ac", "\u00a9", "\u2026", "\u201c",
    };

    public static void main(String[] a) throws Exception {
        Locale.setDefault(Locale.US);
        int count = Integer.parseInt(a[0]);
        Random r = new Random(Long.parseLong(a[1]));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        Map<String, Collator> collators = new HashMap<>();
        for (int n = 0; n < count; n++) {
            String ls = LOCALES[r.nextInt(LOCALES.length)];
            String[] lp = ls.split("_");
            Collator c = collators.computeIfAbsent(ls, k -> Collator.getInstance(lp.length == 1 ? new Locale(lp[0]) : new Locale(lp[0], lp[1])));
            String s = text(r), t = r.nextInt(3) == 0 ? text(r) : change(s, r);
            out.println(ls + "\t" + esc(s) + "\t" + esc(t) + "\t" + Integer.signum(c.compare(s, t)));
        }
        out.flush();
    }

    static String part(Random r) {
        if (r.nextInt(6) > 0) return PARTS[r.nextInt(PARTS.length)];
        int c;
        do c = r.nextInt(r.nextInt(20) == 0 ? 0x30000 : r.nextInt(3) == 0 ? 0x10000 : 0x600);
        while (c >= 0xd800 && c < 0xe000 || !Character.isDefined(c) || c == '\r');
        return new String(Character.toChars(c));
    }

    static String text(Random r) {
        StringBuilder b = new StringBuilder();
        for (int i = r.nextInt(5); i >= 0; i--) b.append(part(r));
        return b.toString();
    }

    static String change(String s, Random r) {
        int i = s.offsetByCodePoints(0, r.nextInt(s.codePointCount(0, s.length()) + 1));
        String before = s.substring(0, i), after = s.substring(i);
        switch (r.nextInt(4)) {
        case 0: return before + part(r) + after;
        case 1: return after.isEmpty() ? before + part(r) : before + part(r) + after.substring(after.offsetByCodePoints(0, 1));
        case 2: return java.text.Normalizer.normalize(s, r.nextBoolean() ? java.text.Normalizer.Form.NFC : java.text.Normalizer.Form.NFD);
        default: return r.nextBoolean() ? s.toUpperCase(Locale.ROOT) : s.toLowerCase(Locale.ROOT);
        }
    }

    static String esc(String s) { return s.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r"); }
}
