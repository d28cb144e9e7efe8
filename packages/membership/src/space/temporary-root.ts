import { ClusterAccess, completeEtcdConfiguration, paths } from '@neco/cluster-access';
import type { EtcdCluster } from '@neco/etcd-admin';
import type { HostReader, HostWriter } from '@neco/host-installer';
import { createKey, createSelfSigned } from '@neco/vault-pki';

/** Both are gone at the next boot. */
const places = {
  trusted: '/run/neco/recover-space/etcd-client.crt',
  configuration: '/run/neco/recover-space/etcd.yml',
  dropIn: '/run/systemd/system/etcd.service.d/neco-recover-space.conf',
} as const;

/** How long the certificate is valid, in ms. */
const lifetime = 10 * 60_000;

const dropIn = `# Made by neco etcd recover-space or remove-corrupt for as long as it runs: this member trusts one more client certificate.
[Service]
BindReadOnlyPaths=${places.trusted}:${paths.authorities.client}
BindReadOnlyPaths=${places.configuration}:${paths.etcdConfiguration}
`;

/**
 * etcd of this server as its user root, while Vault cannot sign a certificate for it. The member is restarted with one more
 * client certificate among those that it trusts, whose key is in the memory of this process alone; who is root on a boot server
 * could do that anyway. The start also defragments the database.
 */
export class TemporaryRoot implements AsyncDisposable {
  readonly etcd: EtcdCluster;
  readonly #host: HostWriter;

  private constructor(host: HostWriter, etcd: EtcdCluster) {
    this.#host = host;
    this.etcd = etcd;
  }

  /** @param address of this server @throws NecoError FILE_FAILED, SERVICE_FAILED, CANCELLED */
  static async open(host: HostWriter, address: string, signal: AbortSignal): Promise<TemporaryRoot> {
    const key = await createKey();
    const certificate = await createSelfSigned(key, 'root', lifetime);
    const authority = (await host.readText(paths.authorities.client)) ?? '';
    await completeEtcdConfiguration(host);
    await host.makeDirectory('/run/neco/recover-space', { mode: 0o755 });
    await host.makeDirectory('/run/systemd/system/etcd.service.d', { mode: 0o755 });
    await host.writeFile(places.trusted, `${authority.trimEnd()}\n${certificate}`, { mode: 0o644 });
    const configuration = (await host.readText(paths.etcdConfiguration)) ?? '';
    await host.writeFile(places.configuration, withoutInitialCheck(configuration), { mode: 0o644 });
    await host.writeFile(places.dropIn, dropIn, { mode: 0o644 });
    try {
      await host.reloadDaemon();
      await host.restartUnit('etcd.service', { block: true, signal });
      return new TemporaryRoot(
        host,
        await ClusterAccess.open({ as: { certificate, key }, host, addresses: [address] }),
      );
    } catch (error) {
      await closeTemporaryRoot(host).catch(() => undefined);
      throw error;
    }
  }

  /** The member is restarted as it was before. @throws NecoError FILE_FAILED, SERVICE_FAILED */
  async [Symbol.asyncDispose](): Promise<void> {
    this.etcd.close();
    await closeTemporaryRoot(this.#host);
  }
}

/** A member whose peer has other data refuses to start; but this is how that peer is removed. */
function withoutInitialCheck(text: string): string {
  return text.replace('InitialCorruptCheck=true', 'InitialCorruptCheck=false');
}

/** Whether a command that was killed has left this server's etcd with one more trusted certificate, whose key is lost. */
export async function hasTemporaryRoot(host: HostReader): Promise<boolean> {
  return (await host.stat(places.dropIn)) !== undefined;
}

/** Ends that trust where it is still there. @throws NecoError FILE_FAILED, SERVICE_FAILED */
export async function endTemporaryRoot(host: HostWriter): Promise<void> {
  if (await hasTemporaryRoot(host)) await closeTemporaryRoot(host);
}

/** Ends that trust. @throws NecoError FILE_FAILED, SERVICE_FAILED */
export async function closeTemporaryRoot(host: HostWriter): Promise<void> {
  await host.removeFile(places.dropIn);
  await host.reloadDaemon();
  await host.restartUnit('etcd.service', { block: false });
  await host.removeFile(places.trusted);
  await host.removeFile(places.configuration);
}
