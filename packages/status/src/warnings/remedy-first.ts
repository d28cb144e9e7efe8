import { certificateKinds, paths } from '@neco/cluster-access';
import { isKeptApart } from './peers/peer-faults.ts';
import type { WarningsInput } from './warnings-input.ts';

/** Troubles of a host with which no service runs there, whatever is done to the service. */
const stopping = ['disk-full', 'unit-replaced', 'unit-masked'];

/**
 * What has to be done before a service of a server is started or restarted; undefined where a start can help. A host that
 * stops its services is reported by itself, and so is a certificate that cannot be used: with it a restart makes things worse,
 * because connections that are still open are lost and cannot be opened again.
 */
export function remedyFirst(name: string, input: WarningsInput): string | undefined {
  if ((input.troubles.get(name) ?? []).some(({ id }) => stopping.includes(id)))
    return `fix first what is reported of ${name} itself; its services then start by themselves`;
  const unusable = unusableCertificates(input);
  if (isBlind(input) || unusable.some(({ server }) => server === name))
    return 'replace first the certificates that cannot be used, as is said above; do not restart etcd or Vault before';
  return isKeptApart(name, input)
    ? `fix first what is reported of etcd of ${name} and its peers; it then answers by itself`
    : undefined;
}

/** Whether this server cannot look into etcd, because its own client certificate or the CA of the servers cannot be used. */
export function isBlind(input: WarningsInput): boolean {
  return isUnusableHere(input, [certificateKinds.necoClient.certificatePath, paths.authorities.server]);
}

/** Whether one of these certificates of this server, by path, is refused by whoever it is shown to. */
export function isUnusableHere(input: WarningsInput, places: readonly string[]): boolean {
  return unusableCertificates(input).some(
    ({ server, where }) => server === input.local.name && places.includes(where),
  );
}

/** Certificates that whoever connects refuses: expired, not valid yet, or not to be read. */
function unusableCertificates({
  certificates,
  unreadable,
  local,
}: WarningsInput): { server: string; where: string }[] {
  return [
    ...certificates.filter(({ state }) => state === 'expired' || state === 'not-yet-valid'),
    ...unreadable.map(({ path }) => ({ server: local.name, where: path })),
  ];
}
