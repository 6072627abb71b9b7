import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import test from 'ava';
import {parseAllDocuments} from 'yaml';

const pages = [
  'README.md',
  ...readdirSync('docs', {recursive: true, encoding: 'utf8'})
    .filter(path => path.endsWith('.md'))
    .map(path => join('docs', path)),
];

/** A page without its code blocks. */
function proseOf(page: string): string {
  return readFileSync(page, 'utf8').replace(/^```.*?^```$/gms, '');
}

/** The anchors that a page's headings have. */
function anchorsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('links between pages lead to files and headings that are there', t => {
  let count = 0;
  for (const page of pages) {
    for (const [, target = ''] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      count++;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      t.true(existsSync(file), `${page}: ${target}`);
      if (anchor !== undefined && statSync(file).isFile()) {
        t.true(anchorsOf(file).includes(anchor), `${page}: ${target}`);
      }
    }
  }
  t.true(count > 20);
});

test('YAML that a page shows is YAML', t => {
  let count = 0;
  for (const page of pages) {
    for (const [, text = ''] of readFileSync(page, 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)) {
      for (const document of parseAllDocuments(text)) {
        count++;
        t.deepEqual(document.errors, [], page);
      }
    }
  }
  t.true(count >= 4);
});
