import com.sun.source.util.JavacTask;
import java.io.File;
import java.util.Arrays;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;

/** Parses the files named by its arguments, and fails with javac's messages. */
class Parse {
  public static void main(String[] args) throws Exception {
    var compiler = ToolProvider.getSystemJavaCompiler();
    var says = new DiagnosticCollector<JavaFileObject>();
    var files = compiler.getStandardFileManager(says, null, null);
    var sources = files.getJavaFileObjectsFromFiles(Arrays.stream(args).map(File::new).toList());
    ((JavacTask) compiler.getTask(null, files, says, null, null, sources)).parse();
    says.getDiagnostics().forEach(System.err::println);
    System.exit(says.getDiagnostics().isEmpty() ? 0 : 1);
  }
}
