// Parses the C# files named by its arguments, and fails with the lines that it cannot parse.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Language, Parser } from 'web-tree-sitter';

await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(createRequire(import.meta.url).resolve('tree-sitter-c-sharp/tree-sitter-c_sharp.wasm')));
let wrong = 0;
for (const file of process.argv.slice(2)) {
  const visit = (node) => {
    if (node.isError || node.isMissing) {
      console.error(`${file}:${node.startPosition.row + 1}: ${node.text.slice(0, 100)}`);
      wrong++;
    } else if (node.hasError) {
      node.children.forEach(visit);
    }
  };
  visit(parser.parse(readFileSync(file, 'utf8')).rootNode);
}
process.exit(wrong ? 1 : 0);
