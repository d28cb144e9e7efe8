import type { Server } from '../../../dctest/src/server/server.ts';

const packages = ['neco-etcd', 'neco-vault'];

/** Where they are installed already, this takes no time worth the name. @returns ms */
export async function installPackages(servers: readonly Server[], signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const options = { timeout: 120_000, environment: { DEBIAN_FRONTEND: 'noninteractive' } };
  const start = performance.now();
  await Promise.all(
    servers.map((server) => server.run(['apt-get', 'install', '--yes', ...packages], options)),
  );
  return performance.now() - start;
}
