import java.io.PrintStream;
import java.lang.reflect.*;
import java.math.*;
import java.text.*;
import java.util.*;

/**
 * Prints cases of number formatting with the answers of this JDK and of FreeMarker's pattern
 * parser, as lines of tab-separated fields with backslash escapes: locale, format, type (l, d, b, i
 * for long, double, BigDecimal, BigInteger), number (a double as its bits), text; or, for a format
 * that does not compile, "!" instead of the type, and the error message.
 *
 * usage: NumberCases count seed
 */
public class NumberCases {
    static final String[] LOCALES = ("en_US en_GB en_CA en_IN de_DE de_AT de_CH fr_FR fr_CA fr_CH es_ES es_MX it_IT nl_NL pt_PT pt_BR pl_PL"
        + " sv_SE da_DK nb_NO no_NO fi_FI tr_TR ru_RU uk_UA cs_CZ hu_HU ro_RO el_GR bg_BG ja_JP zh_CN zh_TW ko_KR ar_EG ar_SA he_IL hi_IN"
        + " th_TH vi_VN id_ID en de fr fa_IR bn_BD xx de_US es_BR my_MM ne_NP").split(" ");
    static final String[] PATTERNS = {
        "", "0", "#", "0.##", "0.00", "#,##0.00", ",##0", "0.###", "#.##", "#.00", ".00", ".##", "#.", "0.", "00000", "000.000", "#,####.0#",
        "#,##,##0.0", "0%", "0.0#%", "0\u2030", "\u00a4#,##0.00", "\u00a4\u00a4 0.00", "#,##0.00 \u00a4;(#,##0.00 \u00a4)", "0.00;(0.00)", "0;-",
        "0.00;-0.00", "0E0", "00.##E0", "##0.###E0", "##0.0#E00", "#E0", "0.###E0", "'#'0", "0 'o''clock'", "''0''", "a0b", "-0", "0 0",
        "0.0.0", "0#0", "'x", "0E", "E0", "0,", ",0", "0,0,0", "0;0;0", "%%0", "0%%", ";0", "number", "currency", "percent", "#,##0.###",
        "0.########################################", "0000000000000000000000000000", "@0", "\u00e40\u20ac", "0.0E0 0.0E0", "abc",
    };
    static final String[] OPTIONS = {
        "roundingMode=up", "roundingMode=down", "roundingMode=ceiling", "roundingMode=floor", "roundingMode=halfUp", "roundingMode=halfDown",
        "roundingMode=halfEven", "roundingMode=unnecessary", "roundingMode=x", "multiplier=100", "multipier=10", "multiplier=-3", "multiplier=0",
        "multiplier=x", "groupingSeparator=_", "groupingSeparator='.'", "groupingSeparator=.", "decimalSeparator=','", "decimalSeparator=\"''\"",
        "exponentSeparator=e", "exponentSeparator='x10^'", "minusSign=m", "minusSign='~'", "infinity=infinito", "nan=\"not 'a' number\"", "percent=p",
        "perMill=m", "zeroDigit=a", "zeroDigit='\u0660'", "currencyCode=USD", "currencyCode=EUR", "currencyCode=JPY", "currencyCode=ZZZ", "currencySymbol=$",
        "currencySymbol='EUR '", "monetaryDecimalSeparator=m", "foo=bar", "foo", "=", "roundingMode", "roundingMode=", "decimalSeparator='ab'",
        "infinity='unclosed", "nan=a'b", "1a=b", "infinity=\"a\"\"b\"", "minusSign=''", "infinity=x,", "infinity=\u00e9\u4e2d",
    };

    public static void main(String[] a) throws Exception {
        Locale.setDefault(Locale.US);
        int count = Integer.parseInt(a[0]);
        Random r = new Random(Long.parseLong(a[1]));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        Class<?> parser = Class.forName("freemarker.core.ExtendedDecimalFormatParser");
        Method parse = parser.getDeclaredMethod("parse", String.class, Locale.class);
        parse.setAccessible(true);
        for (int n = 0; n < count; n++) {
            String ls = LOCALES[r.nextInt(4) == 0 ? 0 : r.nextInt(LOCALES.length)];
            String[] lp = ls.split("_");
            Locale l = lp.length == 1 ? new Locale(lp[0]) : new Locale(lp[0], lp[1]);
            String spec = PATTERNS[r.nextInt(PATTERNS.length)];
            if (r.nextInt(6) == 0) spec = random(r);
            if (r.nextInt(3) == 0) {
                spec += new String[] {";;", ";; ", ";-0;", ";"}[r.nextInt(4)];
                for (int i = 1 + r.nextInt(3); i > 0; i--)
                    spec += OPTIONS[r.nextInt(OPTIONS.length)] + new String[] {"", " ", ", ", ",", "  "}[r.nextInt(5)];
            }
            NumberFormat f;
            try {
                if (spec.equals("number")) f = NumberFormat.getNumberInstance(l);
                else if (spec.equals("currency")) f = NumberFormat.getCurrencyInstance(l);
                else if (spec.equals("percent")) f = NumberFormat.getPercentInstance(l);
                else f = (NumberFormat) parse.invoke(null, spec, l);
            } catch (InvocationTargetException e) {
                out.println(esc(ls) + "\t" + esc(spec) + "\t!\t\t" + esc(String.valueOf(e.getCause().getMessage())));
                continue;
            }
            Object v = number(r);
            String text;
            try { text = f.format(v); } catch (ArithmeticException e) { text = "!" + e.getMessage(); }
            String type = v instanceof Long ? "l" : v instanceof Double ? "d" : v instanceof BigDecimal ? "b" : "i";
            String num = v instanceof Double ? Long.toHexString(Double.doubleToRawLongBits((Double) v)) : v.toString();
            if (v instanceof BigDecimal) num = ((BigDecimal) v).unscaledValue() + "e" + -((BigDecimal) v).scale();
            out.println(esc(ls) + "\t" + esc(spec) + "\t" + type + "\t" + num + "\t" + esc(text));
        }
        out.flush();
    }

    static String random(Random r) {
        StringBuilder b = new StringBuilder();
        String chars = "0000####,,..;E%'\u00a4- ax";
        for (int i = r.nextInt(10); i >= 0; i--) b.append(chars.charAt(r.nextInt(chars.length())));
        return b.toString();
    }

    static Object number(Random r) {
        switch (r.nextInt(14)) {
        case 0: return (long) r.nextInt(20) - 10;
        case 1: return (long) r.nextInt(2000000) - 1000000;
        case 2: return r.nextLong();
        case 3: return new Object[] {0L, -0.0, 0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Long.MIN_VALUE, Long.MAX_VALUE, Double.MAX_VALUE, Double.MIN_VALUE,
            BigDecimal.ZERO, new BigDecimal("0.000"), new BigDecimal("-0.5"), BigInteger.ONE.shiftLeft(100)}[r.nextInt(14)];
        case 4: return (r.nextInt(20001) - 10000) / 8.0;
        case 5: case 6: return (r.nextInt(2000001) - 1000000) / 1000.0;
        case 7: return (r.nextInt(2001) - 1000) / 200.0;
        case 8: return Double.longBitsToDouble(r.nextLong());
        case 9: return r.nextDouble() * Math.pow(10, r.nextInt(30) - 15);
        case 10: return new BigDecimal(BigInteger.valueOf(r.nextInt(200001) - 100000), r.nextInt(12) - 3);
        case 11: return new BigDecimal(new BigInteger(r.nextInt(150) + 1, r), r.nextInt(60) - 10);
        case 12: return new BigDecimal(BigInteger.valueOf(r.nextInt(2001) - 1000).multiply(BigInteger.valueOf(5)), r.nextInt(5));
        default: return new BigInteger(r.nextInt(120) + 1, r).subtract(BigInteger.ONE.shiftLeft(60));
        }
    }

    static String esc(String s) { return s.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r"); }
}
