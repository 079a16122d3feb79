import java.io.PrintStream;
import java.util.*;

/**
 * Prints how this JDK formats floating point numbers or converts case, as lines of tab-separated
 * fields. With "floats": the bits of a double, its text, the bits of a float, its text. With
 * "casing": locale, string, upper case, lower case.
 *
 * usage: TextCases floats|casing count seed
 */
public class TextCases {
    static final String[] LOCALES = {"en_US", "tr_TR", "az_AZ", "lt_LT", "de_DE", "el_GR", "xx"};
    static final String[] PARTS = {
        "I", "i", "\u0130", "\u0131", "\u0307", "\u0300", "\u0301", "\u0303", "J", "j", "\u012e", "\u012f", "\u03a3", "\u03c3", "\u03c2", "A", "b", " ", ".", "\u00df", "\u0149", "\ufb01",
        "\u1f80", "\u00cc", "\u00cd", "\u0128", "'", "\u00ad", "\u0323", "-", "1", "_", "(", "\u00c4", "\u0416", "\u01c5", "\ud801\udc00", "\ud83d\ude00", "\u00ce",
    };

    public static void main(String[] a) throws Exception {
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        int count = Integer.parseInt(a[1]);
        Random r = new Random(Long.parseLong(a[2]));
        for (int n = 0; n < count; n++) {
            if (a[0].equals("floats")) {
                double d = number(r, n);
                float f = Float.intBitsToFloat(r.nextInt());
                out.println(Long.toHexString(Double.doubleToRawLongBits(d)) + " " + d + " " + Integer.toHexString(Float.floatToRawIntBits(f)) + " " + f);
                continue;
            }
            String[] p = LOCALES[r.nextInt(LOCALES.length)].split("_");
            Locale l = p.length == 1 ? new Locale(p[0]) : new Locale(p[0], p[1]);
            StringBuilder b = new StringBuilder();
            for (int i = r.nextInt(6); i >= 0; i--) b.append(r.nextInt(4) > 0 ? PARTS[r.nextInt(PARTS.length)] : "" + (char) (0x21 + r.nextInt(0x5ff)));
            String s = b.toString();
            if (s.indexOf('\u0085') < 0) out.println(l + "\t" + s + "\t" + s.toUpperCase(l) + "\t" + s.toLowerCase(l));
        }
        out.flush();
    }

    static double number(Random r, int n) {
        switch (n % 10) {
        case 0: case 1: case 2: return Double.longBitsToDouble(r.nextLong());
        case 3: return r.nextInt(1000000) / 1000.0;
        case 4: return (r.nextInt(2000000) - 1000000) / 100.0;
        case 5: return Math.scalb(1.0, r.nextInt(2098) - 1074);
        case 6: return r.nextLong();
        case 7: return r.nextDouble() * Math.pow(10, r.nextInt(40) - 20);
        case 8: return Double.parseDouble(r.nextInt(100000) + "E" + (r.nextInt(600) - 300));
        default: return Double.longBitsToDouble(r.nextInt() & 0xffffffffL);
        }
    }
}
