import { serverName, waitFor, type Phase } from '@neco/core';
import { certificateFacts } from '@neco/vault-pki';
import { certificateKinds, ports, servedSerial } from '@neco/cluster-access';
import type { SetupContext, SetupView } from '../../setup-context.ts';

/**
 * Seed step 6: etcd and Vault on the new certificates. etcd reads its files at every handshake, Vault at a reload
 * (https://developer.hashicorp.com/vault/docs/configuration/listener/tcp#tls_cert_file), so neither is restarted and
 * neither loses its leader; a handshake with each proves it.
 */
export const serveNewCertificates: Phase<SetupView, SetupContext> = {
  id: 'serve-new-certificates',
  title: 'Switch etcd and Vault to the new certificates',
  isDone: async (view) => (await staleListeners(view)).length === 0,
  plan: () => ['reload vault.service', 'check with a handshake which certificates etcd and Vault present'],
  async run(context) {
    await context.host.reloadUnit('vault.service', { signal: context.signal });
    await waitFor(
      async () => {
        const stale = await staleListeners(context);
        return stale.length === 0
          ? { done: true, value: true }
          : { done: false, seen: `${stale.join(' and ')} present another certificate` };
      },
      {
        what: `${serverName(context.lrn)} to present the new certificates`,
        timeout: 30_000,
        signal: context.signal,
        onState: (text) => {
          context.reporter.state(text);
        },
      },
    );
  },
};

/** Which of this server's listeners do not serve the certificate that lies on disk. */
async function staleListeners({ host, address }: SetupView): Promise<string[]> {
  const listeners = [
    { name: 'etcd', port: ports.etcdClient, kind: certificateKinds.etcdListener },
    { name: 'etcd (peers)', port: ports.etcdPeer, kind: certificateKinds.etcdPeer },
    { name: 'Vault', port: ports.vault, kind: certificateKinds.vaultListener },
  ];
  const stale = await Promise.all(
    listeners.map(async ({ name, port, kind }) => {
      const pair = await host.readPair(kind);
      if (pair === undefined) return name;
      const { serial } = certificateFacts(pair.certificate);
      const served = await servedSerial(address, port).catch(() => undefined);
      return served === serial ? undefined : name;
    }),
  );
  return stale.filter((name) => name !== undefined);
}
