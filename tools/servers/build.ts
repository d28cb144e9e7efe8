import { messageOf } from '@neco/core';
import { serverBinaries } from './server-binaries.ts';

export { architectures, type Architecture } from './architecture.ts';
export { etcdBinaries, serverBinaries, vaultBinary, type ServerBinaries } from './server-binaries.ts';
export { serverVersions } from './versions.ts';

if (import.meta.main) {
  process.exitCode = 1;
  try {
    const binaries = await serverBinaries();
    for (const [name, path] of Object.entries(binaries)) console.log(`${name.padEnd(8)} ${path}`);
    process.exitCode = 0;
  } catch (error) {
    console.error(messageOf(error));
  }
}
