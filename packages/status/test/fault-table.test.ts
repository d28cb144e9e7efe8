import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { format } from 'prettier';
import type { FaultKind } from '../src/faults/fault-kind.ts';
import { faultTable } from '../src/faults/fault-table.ts';

const root = resolve(import.meta.dirname, '../../..');
const readme = resolve(import.meta.dirname, '../README.md');
const kinds: [string, FaultKind][] = Object.entries(faultTable);
const scenarios = 'tools/dctest/test/scenarios/';

/** The part of the README that is made of the table. */
function tableText(): string {
  const rows = kinds.map(([id, { severity, what, proof }]) => {
    const scenario = `\`${proof.file.replace(scenarios, '')}\`: ${cell(proof.title)}`;
    return `| \`${id}\` | ${severity} | ${what} | ${scenario} |`;
  });
  return ['| id | severity | what it says | scenario |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** Any title in a cell of a Markdown table; a placeholder of a template is left out. */
function cell(title: string): string {
  return title
    .replaceAll(/\$\{[^}]*\}/g, '…')
    .replaceAll('|', '\\|')
    .replaceAll('<', '\\<');
}

describe('the table of faults', () => {
  it('has ids of lower-case words with hyphens, each once', () => {
    for (const [id] of kinds) expect(id).to.match(/^[a-z]+(-[a-z]+)+$/);
  });

  it('names for each remedy a test that exists', async () => {
    for (const [id, { proof }] of kinds) {
      const path = resolve(root, proof.file);
      expect(existsSync(path), `${id}: ${proof.file}`).to.equal(true);
      const source = await readFile(path, 'utf8');
      expect(source.includes(proof.title), `${id}: "${proof.title}" in ${proof.file}`).to.equal(true);
    }
  });

  it('stands in the README as it stands in the code; NECO_WRITE_README=1 writes it there', async () => {
    const text = await readFile(readme, 'utf8');
    const [begin, end] = ['<!-- faults: made from the code -->', '<!-- end of faults -->'];
    const [before = '', , after = ''] = text.split(new RegExp(`${begin}|${end}`));
    const whole = `${before}${begin}\n\n${tableText()}\n\n${end}${after}`;
    const made = await format(whole, { parser: 'markdown', printWidth: 110 });
    if (process.env['NECO_WRITE_README'] === '1') await writeFile(readme, made);
    expect(await readFile(readme, 'utf8')).to.equal(made);
  });
});
