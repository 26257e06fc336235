/** The documents keep their promises: every code explained, every claim linked to a test, every link and path real. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { inRepository } from './support/root.ts';

const read = (...parts: string[]): string => readFileSync(inRepository(...parts), 'utf8');
const markdownFiles = [
  ...readdirSync(inRepository()).filter((name) => name.endsWith('.md')),
  ...[
    'docs',
    'conformance',
    'examples',
    'bench',
    'demo/samples',
    'test/fixtures',
    'test/documents',
    'test/documents/jpip',
  ].flatMap((folder) =>
    existsSync(inRepository(folder))
      ? readdirSync(inRepository(folder))
          .filter((name) => name.endsWith('.md'))
          .map((name) => `${folder}/${name}`)
      : [],
  ),
];

/** The members of a union of texts, read from its source. */
function membersOf(path: string, union: string): string[] {
  const file = ts.createSourceFile('errors.ts', read(path), ts.ScriptTarget.ES2022, true);
  const codes: string[] = [];
  ts.forEachChild(file, (node) => {
    if (!ts.isTypeAliasDeclaration(node) || node.name.text !== union || !ts.isUnionTypeNode(node.type)) return;
    for (const member of node.type.types) {
      if (ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal)) codes.push(member.literal.text);
    }
  });
  return codes;
}

/** The rows of all tables of a document, as cells. */
function tableRows(text: string): string[][] {
  const rows = text.split('\n').filter((line) => line.startsWith('|') && !/^\|[\s|:-]+\|$/.test(line));
  return rows.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('errors.md', () => {
  const codesIn = (text: string) => tableRows(text).flatMap(([cell]) => /^`([a-z0-9-]+)`$/.exec(cell ?? '')?.[1] ?? []);
  const [ofCodec = '', ofJpip = '', ...more] = read('docs/errors.md').split('\n## JPIP\n');
  const documented = codesIn(ofCodec);
  const kinds = ['malformed', 'unsupported', 'limit', 'usage'];

  test('explains every error code once and no other', () => {
    const codes = membersOf('src/codec/errors.ts', 'ErrorCode');
    expect(documented.filter((code) => !kinds.includes(code)).sort()).toEqual(codes.sort());
  });

  test('explains every error code of JPIP once and no other', () => {
    expect(more).toEqual([]);
    const codes = membersOf('src/jpip/errors.ts', 'JpipErrorCode');
    expect(codes.length).toBeGreaterThan(20);
    expect(codesIn(ofJpip).sort()).toEqual(codes.sort());
  });

  test('explains every kind', () => {
    expect(documented.filter((code) => kinds.includes(code))).toEqual(kinds);
    expect(membersOf('src/jpip/errors.ts', 'JpipErrorKind')).toEqual([...kinds, 'refused']);
    expect(ofJpip).toContain('`refused`');
  });
});

describe('support.md', () => {
  const rows = tableRows(read('docs/support.md')).filter(([first]) => first !== 'feature');

  test('has rows', () => expect(rows.length).toBeGreaterThan(20));

  test.each(rows.map((row) => [row[0]!, row]))('%s links to a test that exists', (_, row) => {
    const claimed = row.slice(1, 3).some((cell) => cell !== '' && cell !== 'no');
    const links = [...row.join(' ').matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1]!);
    if (claimed) expect(links.length).toBeGreaterThan(0);
    for (const link of links) {
      const path = join('docs', link);
      expect(path).toMatch(/^(test|conformance|scripts)\//);
      expect(existsSync(inRepository(path)), path).toBe(true);
    }
  });
});

describe('every document', () => {
  test.each(markdownFiles)('%s has links and paths that exist', (name) => {
    const text = read(name).replace(/```[\s\S]*?```/g, '');
    const links = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map((match) => match[1]!);
    const missing = links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => !existsSync(inRepository(dirname(name), link)));
    const paths = [...text.matchAll(/`((?:src|test|scripts|bench|conformance|demo|examples|docs)\/[\w./-]+)`/g)];
    const gone = paths.map((match) => match[1]!).filter((path) => !existsSync(inRepository(path)));
    expect([
      ...missing,
      ...gone.filter((path) => !path.startsWith('demo/dist') && !path.startsWith('docs/api')),
    ]).toEqual([]);
  });

  test('the changelog knows the version', () => {
    expect(read('CHANGELOG.md')).toContain(`## ${JSON.parse(read('package.json')).version}`);
  });
});

describe('README.md', () => {
  test('has examples that the type checker accepts', { timeout: 60_000 }, () => {
    const blocks = [...read('README.md').matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
    expect(blocks.length).toBeGreaterThanOrEqual(3);
    const config = ts.parseConfigFileTextToJson('tsconfig.json', read('tsconfig.json')).config;
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, inRepository());
    const names = blocks.map((_, k) => inRepository(`readme-example-${k}.ts`));
    const host = ts.createCompilerHost(options);
    const { readFile, getSourceFile, fileExists } = host;
    const textOf = (name: string): string | undefined => {
      const k = names.indexOf(name);
      return k < 0 ? undefined : `${blocks[k]}\nexport {};\n`;
    };
    host.fileExists = (name) => textOf(name) !== undefined || fileExists.call(host, name);
    host.readFile = (name) => textOf(name) ?? readFile.call(host, name);
    host.getSourceFile = (name, version, ...rest) => {
      const text = textOf(name);
      return text === undefined
        ? getSourceFile.call(host, name, version, ...rest)
        : ts.createSourceFile(name, text, version);
    };
    const program = ts.createProgram(names, { ...options, noUnusedLocals: false }, host);
    const problems = names.flatMap((name) => {
      const file = program.getSourceFile(name);
      return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    });
    expect(problems.map((p) => ts.flattenDiagnosticMessageText(p.messageText, '\n'))).toEqual([]);
  });
});
