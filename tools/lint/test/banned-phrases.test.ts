import { glob, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { bannedPhrases } from '../banned-phrases.ts';

const root = resolve(import.meta.dirname, '../../..');

/** What users and developers read: sources, from which the help, the messages and the man page come, and documentation. */
const patterns = [
  'packages/*/src/**/*.ts',
  'packages/*/README.md',
  'tools/*/README.md',
  '*.md',
  'tools/deb/**/*.{ts,sh}',
];

/** A comment of several lines reads as one, and so does a text that is wrapped. */
function asOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*(?:\*|\/\/)?\s*/g, ' ');
}

function faultsOf(text: string): string[] {
  const line = asOneLine(text);
  return bannedPhrases.flatMap(({ phrase, instead }) => {
    const [found] = phrase.exec(line) ?? [];
    return found === undefined ? [] : [`"${found}": write ${instead}`];
  });
}

describe('the words of neco', () => {
  it('are plain: no banned phrase in sources and documentation', async () => {
    const exclude = (path: string) => /(^|\/)(node_modules|dist)$/.test(path);
    const files = await Array.fromAsync(glob(patterns, { cwd: root, exclude }));
    expect(files.length).to.be.above(300);
    const faults = await Promise.all(
      files.map(async (file) =>
        faultsOf(await readFile(resolve(root, file), 'utf8')).map((fault) => `${file}: ${fault}`),
      ),
    );
    expect(faults.flat()).to.deep.equal([]);
  });

  it('are found when they are wrapped in a comment, and only as whole words', () => {
    expect(faultsOf('/**\n * A leave is begun\n * anew, and ends.\n */')).to.deep.equal([
      '"anew": write again',
    ]);
    expect(faultsOf('what is not to\n  // be had')).to.deep.equal(['"to be had": write available']);
    expect(faultsOf('a recommended amendment')).to.deep.equal([]);
  });
});
