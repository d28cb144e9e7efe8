import {
  authorities,
  type CertificateKind,
  certificateKinds,
  hostLayout,
  namesOf,
  ports,
  vaultAddress,
} from '@neco/cluster-access';
import type { SigningVault } from './signing-vault.ts';

interface HintedServer {
  name: string;
  lrn: number;
  address: string;
}

/** Where no Vault can sign. A command that is printed nevertheless would fail. */
const nobodySigns =
  'no active Vault answers, so nothing can be signed: first do what is said of the other faults. If all certificates had expired when etcd and Vault were last started, neco has no command that brings them back yet: keep the disks of all boot servers as they are, and do not remove any of them';

export interface ReplacementOptions {
  /** Whether the files are to be made, because what lies there cannot be written through; not by default. */
  make?: boolean;
}

/**
 * How a certificate of a finished cluster is replaced: setup run again leaves it as it is, so its request is signed by an
 * administrator of Vault. Every command can be pasted as it is printed, but for the name of the administrator.
 * https://developer.hashicorp.com/vault/api-docs/secret/pki#sign-certificate
 * @param where as status names it: a path on the server, or the URL that serves it.
 * @param server the boot server, where it is known.
 * @param signer undefined where nothing can be signed
 */
export function replacementHint(
  where: string,
  server: HintedServer | undefined,
  signer: SigningVault | undefined,
  { make = false }: ReplacementOptions = {},
): string {
  const kind = kindAt(where);
  if (kind === undefined || server === undefined)
    return 'have a Vault administrator replace it; running neco setup again does not';
  if (signer === undefined) return nobodySigns;
  if (signer.how === 'after') {
    const first = `${vaultAddress(signer.address)} of ${signer.server}`;
    return `replace first the certificate ${first}, as is said of it; then run neco status again, which prints the commands for this one`;
  }
  const { name, lrn } = server;
  const { certificatePath, keyPath, owner } = kind;
  const [address, trust] =
    signer.how === 'unverified'
      ? ['127.0.0.1', 'VAULT_SKIP_VERIFY=true']
      : [signer.address, `VAULT_CACERT=${hostLayout.serverCa}`];
  const put = (file: string, mode: string, path: string): string =>
    make ? `install -D -o ${owner} -g ${owner} -m ${mode} ${file} ${path}` : `cat ${file} >${path}`;
  const commands = [
    `export VAULT_ADDR=${vaultAddress(address)} ${trust}`,
    'vault login -no-print -method=userpass username=ADMINISTRATOR',
    'cd "$(mktemp -d)"',
    `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out csr -subj /CN=${kind.commonName(lrn)}`,
    `${signCommand(kind, server)} >crt`,
    // Otherwise through the link, and with the owner and mode that the files have.
    put('key', '0600', keyPath),
    put('crt', '0644', certificatePath),
    'rm key',
    ...(kind.owner === 'vault' ? ['systemctl reload vault'] : []),
  ];
  return `on ${name}, as a Vault administrator: ${commands.join(' && ')}`;
}

function signCommand(kind: CertificateKind, { lrn, address }: HintedServer): string {
  const { dnsNames, ipAddresses } = namesOf(kind, lrn, address);
  const names = [
    `common_name=${kind.commonName(lrn)}`,
    ...(dnsNames.length === 0 ? [] : [`alt_names=${dnsNames.slice(1).join(',')}`]),
    ...(ipAddresses.length === 0 ? [] : [`ip_sans=${ipAddresses.join(',')}`]),
  ];
  return `vault write -field=certificate ${authorities[kind.authority].mount}/sign/${kind.role(lrn)} csr=@csr ${names.join(' ')}`;
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
