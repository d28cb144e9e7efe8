import { certificateKinds, paths } from '@neco/cluster-access';
import { finding } from '../../faults/finding.ts';
import type { StatusWarning } from '../../status-schema.ts';
import { authorityHint } from '../replacement/authority-hint.ts';
import { replacementHint } from '../replacement/replacement-hint.ts';
import { signingVault, type SigningVault } from '../replacement/signing-vault.ts';
import type { WarningsInput } from '../warnings-input.ts';
import { peerSight, type Cut } from './peer-sight.ts';
import { peerVerdicts, type PeerVerdict } from './peer-verdicts.ts';

/** Which members of etcd do not let each other in, or cannot reach each other, and why. */
export function peerFaults(input: WarningsInput): StatusWarning[] {
  const sight = peerSight(input);
  return [
    ...peerVerdicts(sight).map((verdict) => refusalFault(verdict, input)),
    ...pairsOf(sight.cuts).map(cutFault),
  ];
}

/** Whether what is reported of its peers keeps etcd of a server from serving: starting it again is of no use. */
export function isKeptApart(name: string, input: WarningsInput): boolean {
  const { refusals, cuts } = peerSight(input);
  return (
    refusals.some(({ refuser, refused }) => refuser === name || refused === name) ||
    cuts.some(({ from, to }) => from === name || to === name)
  );
}

function refusalFault(verdict: PeerVerdict, input: WarningsInput): StatusWarning {
  const { refusals, server, what } = verdict;
  const said = [...Map.groupBy(refusals, ({ refuser }) => refuser)].map(
    ([refuser, those]) =>
      `etcd of ${refuser} refuses ${those.map(({ refused }) => `etcd of ${refused}`).join(' and ')} as a peer: ${those[0]?.reason ?? ''}`,
  );
  const message = said.join('; ');
  if (what === 'authority') return finding('peer-refused', message, peerAuthorityHint(server, input));
  if (what === 'certificate') return finding('peer-refused', message, certificateHint(server, input));
  const [first] = refusals;
  const hint = `${peerAuthorityHint(server, input)}; if that is not enough, ${certificateHint(first?.refused ?? server, input)}`;
  return finding('peer-refused', message, hint);
}

function certificateHint(name: string, { servers }: WarningsInput): string {
  const server = servers.find((one) => one.name === name);
  return replacementHint(certificateKinds.etcdPeer.certificatePath, server, signingVault(name, servers));
}

/** The Vault of another server gives it: that of this one may see an etcd without quorum. etcd reads the file when it starts. */
function peerAuthorityHint(name: string, { servers }: WarningsInput): string {
  const states = servers.map((one) => ({ ...one, state: one.probe.vault.state }));
  const giver = states.find((one) => one.name !== name && ['active', 'standby'].includes(one.state));
  // A standby passes the question on.
  const isAnswered = states.some(({ state }) => state === 'active');
  const signer: SigningVault | undefined =
    giver !== undefined && isAnswered ? { how: 'verified', address: giver.address } : undefined;
  return authorityHint(paths.authorities.peer, name, signer, 'systemctl restart --no-block etcd');
}

/** Both directions of a pair are one matter. */
function pairsOf(cuts: readonly Cut[]): Cut[][] {
  return [...Map.groupBy(cuts, ({ from, to }) => [from, to].sort().join(' ')).values()];
}

function cutFault(pair: readonly Cut[]): StatusWarning {
  const [first, back] = pair;
  const { from = '', to = '', reason = '' } = first ?? {};
  const what =
    back === undefined
      ? `etcd of ${from} cannot reach etcd of ${to} at port 2380`
      : `etcd of ${from} and etcd of ${to} cannot reach each other at port 2380`;
  const look = 'nft -a list ruleset';
  const hint = `find what blocks port 2380: on ${to}: ${look}; on ${from}: ${look}; a rule that does is removed by its numbers: nft delete rule FAMILY TABLE CHAIN handle HANDLE; if there is none, look at the network between the two`;
  return finding('peer-unreachable', `${what}: ${reason}`, hint);
}
