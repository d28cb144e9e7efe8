import { NecoError, type EtcdOptions } from '@neco/core';
import { readEtcdConnection, type EtcdConnection } from '@neco/etcd-admin';
import { readOnlyHost } from '@neco/host-installer';
import { certificateKinds } from '../certificates/certificate-kinds.ts';
import { lostCertificateLinks } from '../certificates/restore-links.ts';
import { paths } from '../paths.ts';

/**
 * As `readEtcdConnection`, on a boot server: where a link to one of its certificates or keys is gone that neco-worker can put
 * back, or a file is broken, the error says what to do. @throws NecoError CONFIG_*, CERTIFICATE_INVALID
 */
export async function readOwnConnection(options: EtcdOptions): Promise<EtcdConnection> {
  return await readEtcdConnection(options).catch(async (error: unknown) => {
    throw await withRemedy(error, options);
  });
}

async function withRemedy(error: unknown, options: EtcdOptions): Promise<unknown> {
  if (!(error instanceof NecoError)) return error;
  const hinted = (hint: string): NecoError =>
    new NecoError(error.code, error.message, { hint, cause: error.cause });
  const ca = paths.authorities.server;
  if (options['tls-ca-file'] === ca && error.message.includes(ca))
    return hinted(`copy ${ca} of another boot server to this one; it is not secret`);
  const [lost] = await lostCertificateLinks(readOnlyHost()).catch(() => []);
  if (error.code === 'CONFIG_MISSING' && lost !== undefined)
    return hinted(`run "systemctl restart neco-worker", which restores ${lost}`);
  return hasOwnPair(options) ? hinted('run "neco status", which says how it is replaced') : error;
}

/**
 * As `readOwnConnection`; where this server's own client certificate or key cannot be used, a connection without them, which etcd
 * refuses, so that it can be looked at what is wrong. @throws NecoError as `readOwnConnection`
 */
export async function readConnectionAnyhow(options: EtcdOptions): Promise<EtcdConnection> {
  return await readOwnConnection(options).catch(async (error: unknown) => {
    if (!hasOwnPair(options)) throw error;
    const { 'tls-cert-file': _certificate, 'tls-key-file': _key, ...rest } = options;
    return await readEtcdConnection(rest).catch(() => {
      throw error;
    });
  });
}

function hasOwnPair(options: EtcdOptions): boolean {
  const { certificatePath, keyPath } = certificateKinds.necoClient;
  return options['tls-cert-file'] === certificatePath && options['tls-key-file'] === keyPath;
}
