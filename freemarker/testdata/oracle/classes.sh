# Compiles the Java programs if necessary, and sets $run to the command that
# starts them. Needs a JDK and Debian's libfreemarker-java (Apache FreeMarker
# 2.3.31).
here=$(cd "$(dirname "$0")" && pwd)
jar=${FREEMARKER_JAR:-/usr/share/java/freemarker.jar}
classes=${TMPDIR:-/tmp}/freemarker-answers-$(id -u)
if [ -z "$(find "$classes" -newer "$here/Answers.java" -name Answers.class 2>/dev/null)" ] ||
	[ -z "$(find "$classes" -newer "$here/Speed.java" -name Speed.class 2>/dev/null)" ]; then
	mkdir -p "$classes"
	javac -nowarn -encoding UTF-8 -cp "$jar" -d "$classes" "$here"/*.java || exit 1
fi
run="java -Xss4m -Dfile.encoding=UTF-8 -Duser.language=en -Duser.country=US -Duser.timezone=UTC -cp $classes:$jar"
