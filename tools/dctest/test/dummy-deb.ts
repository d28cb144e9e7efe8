import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDir } from 'fs-extra/esm';
import { run } from '../src/host/run.ts';

/** Makes a package that is called neco and has one program, which prints its version. @returns the deb's path. */
export async function dummyDeb(directory: string, version: string, depends = 'systemd'): Promise<string> {
  const tree = join(directory, `neco-${version}`);
  const program = join(tree, 'usr/bin/neco');
  const control = {
    Package: 'neco',
    Version: version,
    Architecture: 'amd64',
    Maintainer: 'nobody <nobody@example.invalid>',
    Section: 'admin',
    Priority: 'optional',
    Depends: depends,
    Description: 'stands for neco in a test',
  };
  await ensureDir(join(tree, 'DEBIAN'));
  await ensureDir(join(tree, 'usr/bin'));
  const lines = Object.entries(control).map(([field, value]) => `${field}: ${value}\n`);
  await writeFile(join(tree, 'DEBIAN/control'), lines.join(''));
  await writeFile(program, `#!/bin/sh\necho ${version}\n`);
  await chmod(program, 0o755);
  const deb = join(directory, `neco_${version}_amd64.deb`);
  await run(['dpkg-deb', '-Zgzip', '--root-owner-group', '--build', tree, deb]);
  return deb;
}
