import { cp, glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { necoVersion } from '@neco/core';
import { expect } from 'chai';
import rootPackage from '../../../package.json' with { type: 'json' };
import { followVersion } from '../follow-version.ts';

const root = resolve(import.meta.dirname, '../../..');
const ofPackages = 'packages/*/package.json';
const files = ['package.json', 'package-lock.json', 'CHANGELOG.md'];

async function copyOfTheTree(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'neco-release-'));
  const manifests = await Array.fromAsync(glob(ofPackages, { cwd: root }));
  for (const file of [...files, ...manifests]) await cp(join(root, file), join(copy, file));
  return copy;
}

async function contents(tree: string): Promise<Record<string, string>> {
  const all = [...files, ...(await Array.fromAsync(glob(ofPackages, { cwd: tree })))].sort();
  return Object.fromEntries(
    await Promise.all(all.map(async (file) => [file, await readFile(join(tree, file), 'utf8')] as const)),
  );
}

describe('the version of neco', () => {
  let copy: string;

  beforeEach(async () => {
    copy = await copyOfTheTree();
  });

  afterEach(() => rm(copy, { recursive: true }));

  it('is the one of the root package.json wherever else it stands', async () => {
    const before = await contents(copy);
    await followVersion(copy, new Date());
    const { 'CHANGELOG.md': _changelog, ...after } = await contents(copy);
    expect(before).to.include(after);
    expect(necoVersion()).to.equal(rootPackage.version);
  });

  it('is spelled in no source file', async () => {
    const sources = await Array.fromAsync(
      glob('{packages/*/src,tools/*}/**/*.{ts,mjs,sh}', {
        cwd: root,
        exclude: (path) => /(^|\/)(node_modules|dist|test)$/.test(path),
      }),
    );
    const spelled = await Promise.all(
      sources.map(async (file) => {
        const text = await readFile(join(root, file), 'utf8');
        // An address such as 10.1.0.0 is no version.
        return new RegExp(`(?<![\\d.])${RegExp.escape(rootPackage.version)}(?![\\d.])`).test(text);
      }),
    );
    expect(sources).to.have.length.above(100);
    expect(sources.filter((_, index) => spelled[index])).to.deep.equal([]);
  });

  it('becomes another everywhere by a change of the root package.json, and begins its part of the changelog', async () => {
    const before = await contents(copy);
    await writeFile(
      join(copy, 'package.json'),
      JSON.stringify({ ...rootPackage, version: '7.8.9' }, undefined, 2),
    );
    await followVersion(copy, new Date('2031-02-03T04:05:06Z'));
    const after = await contents(copy);
    expect(after['CHANGELOG.md']).to.contain('## [Unreleased]\n\n## [7.8.9] - 2031-02-03\n');
    for (const file of Object.keys(before).filter((name) => name.startsWith('packages/'))) {
      const text = after[file] ?? '';
      expect(text).to.contain('"version": "7.8.9"');
      for (const [, version] of text.matchAll(/"@neco\/[a-z-]+": "(.*)"/g)) expect(version).to.equal('7.8.9');
    }
    const lock = JSON.parse(after['package-lock.json'] ?? '') as {
      packages: Record<string, { version: string; dependencies?: Record<string, string> }>;
    };
    expect(lock.packages['']).to.include({ version: '7.8.9' });
    expect(lock.packages['packages/etcd-admin']?.dependencies).to.include({ '@neco/core': '7.8.9' });
    expect(lock.packages['node_modules/zod']?.version).to.equal(rootPackage.devDependencies.zod);
    await followVersion(copy, new Date());
    expect(await contents(copy), 'again').to.deep.equal(after);
  });
});
