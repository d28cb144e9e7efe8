import { authorities, type CertificateKind, certificateKinds, namesOf, ports } from '@neco/cluster-access';

/**
 * How a certificate of a finished cluster is replaced: setup run again leaves it as it is, so its request is signed by an
 * administrator of Vault. https://developer.hashicorp.com/vault/api-docs/secret/pki#sign-certificate
 * @param where as status names it: a path on the server, or the URL that serves it.
 * @param server the boot server, where it is known.
 */
export function replacementHint(
  where: string,
  server: { name: string; lrn: number; address: string } | undefined,
): string {
  const kind = kindAt(where);
  if (kind === undefined || server === undefined)
    return 'have a Vault administrator replace it; running neco setup again does not';
  const { name, lrn, address } = server;
  const { dnsNames, ipAddresses } = namesOf(kind, lrn, address);
  const names = [
    `common_name=${kind.commonName(lrn)}`,
    ...(dnsNames.length === 0 ? [] : [`alt_names=${dnsNames.slice(1).join(',')}`]),
    ...(ipAddresses.length === 0 ? [] : [`ip_sans=${ipAddresses.join(',')}`]),
  ];
  const sign = `vault write ${authorities[kind.authority].mount}/sign/${kind.role(lrn)} csr=@REQUEST ${names.join(' ')}`;
  const reload = kind.owner === 'vault' ? '; then systemctl reload vault' : '';
  return `create a key and a signing request on ${name}, have a Vault administrator run "${sign}", and install both as ${kind.certificatePath} and ${kind.keyPath}${reload}`;
}

/** Which certificate of a server it is, as status names it. */
export function kindAt(where: string): CertificateKind | undefined {
  const listeners = [
    { port: ports.etcdClient, kind: certificateKinds.etcdListener },
    { port: ports.etcdPeer, kind: certificateKinds.etcdPeer },
    { port: ports.vault, kind: certificateKinds.vaultListener },
  ];
  const listener = listeners.find(
    ({ port }) => where.startsWith('https:') && where.endsWith(`:${String(port)}`),
  );
  return (
    listener?.kind ?? Object.values(certificateKinds).find(({ certificatePath }) => certificatePath === where)
  );
}
