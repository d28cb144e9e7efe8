import { certificateKinds, ports } from '@neco/cluster-access';
import { serverName, type ErrorCode, type NecoError } from '@neco/core';
import { isUnusableHere, remedyFirst } from './remedy-first.ts';
import { lacksRights, repairRights, unreachableVault } from './unreachable-vault.ts';
import { finding } from '../faults/finding.ts';
import type { BootServerStatus, ClusterStatus, StatusWarning } from '../status-schema.ts';
import { rejoinCommand, setupCommand, type ProbedServer, type WarningsInput } from './warnings-input.ts';

/**
 * How long the lock of an active Vault outlives it, in s.
 * https://github.com/hashicorp/vault/blob/v1.21.1/physical/etcd/etcd3.go (etcd3LockTimeoutInSeconds)
 */
const lockLimit = 15;

/** What is wrong with the Vaults, and with the keys that setup made for them. */
export function vaultWarnings(input: WarningsInput): StatusWarning[] {
  const servers = input.bootServers.filter(isVaultWanted);
  return [
    ...servers.flatMap((server) => ofServer(server, input)),
    ...lostDataWarnings(servers),
    ...activeWarnings(servers, input),
    ...logInWarnings(input),
    ...keyWarnings(input),
  ];
}

/** A server that has not joined yet, or not to its end, needs no Vault; what it needs is said once. */
function isVaultWanted({ registration, etcd }: BootServerStatus): boolean {
  return (
    registration !== 'joining' && !(registration === 'none' && ['none', 'unstarted'].includes(etcd.state))
  );
}

function ofServer(server: BootServerStatus, input: WarningsInput): StatusWarning[] {
  const { lrn, name, vault } = server;
  if (vault.state === 'sealed') {
    const given = `${String(vault.progress ?? 0)} of ${String(vault.threshold ?? 1)} shares given`;
    return [
      finding('vault-sealed', `Vault of ${name} is sealed, ${given}`, unsealHint({ lrn, name }, input.vault)),
    ];
  }
  if (vault.state !== 'unreachable') return [];
  const { reason, hint } = unreachableVault(server, input);
  return [finding('vault-unreachable', `Vault of ${name} does not answer: ${reason}`, hint)];
}

/**
 * All keep their data in one place in etcd. Before setup is through nobody but the coordinator reaches a Vault that is not
 * initialised; after it, its data were there and are gone. Who initialises it then would be its root.
 */
function lostDataWarnings(servers: readonly BootServerStatus[]): StatusWarning[] {
  const inState = (state: BootServerStatus['vault']['state']) =>
    servers.filter(({ vault }) => vault.state === state).map(({ name }) => name);
  const all = servers.map(({ name }) => name).join(', ');
  const hint = `on ${all}: systemctl stop vault, so that nobody initialises it; then restore etcd from a snapshot of before, with etcd stopped on all of them, by "etcdutl snapshot restore", and: systemctl start vault; neco setup cannot make the data again, and certificates stay valid until they expire`;
  const [none, half] = [inState('uninitialized'), inState('half-initialized')];
  const lost = 'is gone from etcd, and with it the CA keys';
  return [
    ...(none.length === 0
      ? []
      : [
          finding(
            'vault-uninitialized',
            `Vault of ${none.join(', ')} is not initialised: its data ${lost}`,
            hint,
          ),
        ]),
    ...(half.length === 0
      ? []
      : [
          finding(
            'vault-half-initialized',
            `Vault of ${half.join(', ')} is half initialised: a part of its data ${lost}`,
            hint,
          ),
        ]),
  ];
}

function unsealHint(
  { lrn, name }: Pick<BootServerStatus, 'lrn' | 'name'>,
  { unsealKeyStored }: ClusterStatus['vault'],
): string {
  const unseal = `neco vault unseal ${String(lrn)}`;
  if (unsealKeyStored !== true) return unseal;
  return `${unseal}, which uses the key in etcd; neco-updater does it automatically, on ${name}: systemctl start neco-updater`;
}

/** Of what follows from another fault nothing is said: Vault keeps its lock in etcd. */
function activeWarnings(servers: readonly BootServerStatus[], input: WarningsInput): StatusWarning[] {
  if (!input.etcd.quorum || input.etcd.alarms.length > 0) return [];
  const standbys = servers.filter(({ vault }) => vault.state === 'standby').map(({ name }) => name);
  // One whose certificate is not trusted is active all the same.
  const hasActive = input.servers.some(({ probe }) => probe.health?.state === 'active');
  if (standbys.length === 0 || hasActive) return [];
  const first = standbys.map((name) => remedyFirst(name, input)).find((remedy) => remedy !== undefined);
  const hint =
    first ??
    `wait: when the active Vault or its server dies, a standby takes over by itself after ${String(lockLimit)} s; if none does, see why on ${standbys.join(', ')}: journalctl -u vault -n 20`;
  return [finding('vault-none-active', 'no Vault is active: all that answer are standbys', hint)];
}

/** Vaults that are unsealed and serve nobody; what follows from another fault is not said twice. */
function logInWarnings(input: WarningsInput): StatusWarning[] {
  const { etcd, servers, local, bootServers } = input;
  // With its own certificate, which is reported, no server is let in.
  if (isUnusableHere(input, [certificateKinds.server.certificatePath])) return [];
  // Vault keeps what it writes in etcd: an alarm of etcd, which is shown, is the reason.
  if (etcd.alarms.length > 0) return [];
  const active = servers.find(({ probe }) => probe.vault.state === 'active');
  if (!etcd.quorum || active === undefined) return [];
  const wanted = new Set(bootServers.filter(isVaultWanted).map(({ name }) => name));
  const failed = servers.flatMap(({ name, probe: { logIn } }) =>
    logIn === undefined || !wanted.has(name) ? [] : [{ name, error: logIn }],
  );
  const first = (code: ErrorCode) => failed.find(({ error }) => error.code === code)?.error;
  if (first('VAULT_AUDIT_FAILED') !== undefined) return [auditWarning(active.name)];
  const refused = first('VAULT_PERMISSION_DENIED');
  const refusals =
    refused === undefined || local.site === undefined
      ? []
      : [
          finding(
            'vault-refuses-server',
            `Vault does not let ${local.name} log in: ${refused.message}`,
            `take the server out and add it again: on another boot server: neco leave ${String(local.site.lrn)}; then ${rejoinCommand({ bootServers }, local.site.lrn, local.name)}`,
          ),
        ];
  const others = failed.filter(({ error }) => error.code !== 'VAULT_PERMISSION_DENIED');
  const isActiveWell = others.every(({ name }) => name !== active.name);
  return [...refusals, ...others.map((one) => (isActiveWell ? cutOff(one, active) : notServing(one, input)))];
}

interface FailedLogIn {
  name: string;
  error: NecoError;
}

/** A standby passes all requests on. https://developer.hashicorp.com/vault/docs/internals/high-availability#server-to-server-communication */
function cutOff({ name, error: { message } }: FailedLogIn, active: ProbedServer): StatusWarning {
  const place = `${active.address}:${String(ports.vaultCluster)}`;
  return finding(
    'vault-not-serving',
    `Vault of ${name} is a standby and serves nobody, because it gets no answer in time from the active one, that of ${active.name}, at ${place}: ${message}`,
    `let ${name} reach ${place}, through its firewall and all others on the way; to try it, on ${name}: timeout 5 bash -c "</dev/tcp/${active.address}/${String(ports.vaultCluster)}"; Vault then serves again by itself. If that works, the network between them is slow, or ${active.name} is busy`,
  );
}

function notServing({ name, error: { message } }: FailedLogIn, input: WarningsInput): StatusWarning {
  return finding(
    'vault-not-serving',
    `Vault of ${name} is unsealed and serves nobody: ${message}`,
    lacksRights(input)
      ? repairRights
      : `on ${name}: journalctl -u vault -n 20; when it shows no reason there: systemctl restart vault`,
  );
}

function auditWarning(name: string): StatusWarning {
  return finding(
    'vault-audit-failed',
    `Vault of ${name}, the active one, can write to none of its audit devices (the file /var/log/vault/audit.log, and syslog), so it refuses every request`,
    `on ${name}: df -h /var/log/vault; df -i /var/log/vault; free space there, or: systemctl start systemd-journald; Vault then serves again by itself`,
  );
}

function keyWarnings(input: WarningsInput): StatusWarning[] {
  if (input.vault.rootTokenStored !== true) return [];
  // The coordinator of the setup has it revoked; the others leave that to it. One that joined later does not know which one that is.
  const { setupLrns } = input.local;
  const hint =
    setupLrns === undefined
      ? 'run neco status on a server of the first setup, which prints the command that revokes it'
      : `on ${serverName(Math.min(...setupLrns))}: ${setupCommand(input)}, which revokes it when it is run without --no-revoke`;
  return [finding('root-token-stored', 'the Vault root token is still in etcd', hint)];
}
