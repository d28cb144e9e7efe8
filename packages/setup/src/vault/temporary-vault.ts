import { createServer } from 'node:net';
import { once } from 'node:events';
import type { HostWriter } from '@neco/host-installer';
import { temporaryVaultConfiguration, Vault } from '@neco/vault-pki';
import { paths } from '@neco/cluster-access';

const unit = 'neco-setup-vault.service';
const configuration = `${paths.runtime}/vault.json`;
const pidFile = `${paths.runtime}/vault.pid`;

/**
 * Starts a Vault of its own on 127.0.0.1 of the coordinator, with nothing on disk, initialised and unsealed.
 * One that was left behind by a killed setup is stopped first; nobody knows its token.
 * @param meanwhile what this process has to do besides, begun when there is nothing left but to wait
 */
export async function startTemporaryVault(
  host: HostWriter,
  signal: AbortSignal,
  meanwhile: () => void,
): Promise<Vault> {
  const port = await freePort();
  await host.makeDirectory(paths.runtime, { mode: 0o700, owner: 'vault', group: 'vault' });
  await host.writeFile(configuration, temporaryVaultConfiguration({ port, directory: paths.runtime }), {
    mode: 0o640,
    owner: 'root',
    group: 'vault',
  });
  const started = host.startTransient(unit, ['/usr/bin/vault', 'server', `-config=${configuration}`], {
    user: 'vault',
    properties: {
      // systemd waits until it listens.
      Type: 'notify',
      MemorySwapMax: '0',
      // It keeps nothing that it could put in order first.
      KillSignal: 'SIGKILL',
      // Without this the journal would name a failed unit after each setup.
      SuccessExitStatus: 'SIGKILL',
      NoNewPrivileges: 'yes',
      PrivateTmp: 'yes',
      ProtectSystem: 'strict',
      ReadWritePaths: paths.runtime,
    },
    signal,
  });
  meanwhile();
  await started;
  const vault = Vault.connect({ address: `http://127.0.0.1:${String(port)}` });
  const { unsealKeys, rootToken } = await vault.system.initialize({ shares: 1, threshold: 1 });
  for (const key of unsealKeys) await vault.system.unseal(key);
  return vault.withToken(rootToken);
}

/** Stops the temporary Vault; what it held is gone. Its configuration lies there from before its start to after its end. */
export async function stopTemporaryVault(host: HostWriter): Promise<void> {
  if ((await host.stat(configuration)) === undefined) return;
  if ((await host.unit(unit)).load !== 'not-found') await host.stopUnit(unit);
  // Killed as it is, it leaves its pid file.
  await host.removeFile(pidFile);
  await host.removeFile(configuration);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
