// node validate.mjs FILE...: prints what the AsyncAPI project's parser finds; exit code 1 when a file is not valid.
import { readFile } from 'node:fs/promises';
import { Parser } from '@asyncapi/parser';

const ERROR = 0;
const WARNING = 1;
const parser = new Parser();
let failed = process.argv.length < 3;

for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await parser.parse(await readFile(file, 'utf8'), { source: file });
  for (const found of diagnostics.filter((one) => one.severity <= WARNING)) {
    const level = found.severity === ERROR ? 'error' : 'warning';
    console.log(`${file}:${found.range.start.line + 1}: ${level}: ${found.path.join('.')}: ${found.message}`);
  }
  const invalid = !document || diagnostics.some((one) => one.severity === ERROR);
  console.log(`${file}: ${invalid ? 'NOT VALID' : 'valid'}`);
  failed ||= invalid;
}
process.exit(failed ? 1 : 0);
