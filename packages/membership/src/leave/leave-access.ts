import {
  unfinishedLeaves,
  type BootServer,
  type Registry,
  type Acknowledgement,
  type LeavePlan,
} from '@neco/bootserver-registry';
import { NecoError } from '@neco/core';
import { urlAddress, type EtcdCluster, type Member, type MemberStatus } from '@neco/etcd-admin';
import type { HostWriter } from '@neco/host-installer';
import { certificateFacts, type Vault } from '@neco/vault-pki';
import {
  answersInTime,
  applicationSerials,
  authorities,
  distinctRoles,
  forgetApplicationCertificates,
  forgetInitialCertificates,
  restartInTurn,
  validInitialCertificates,
  vaultAddress,
} from '@neco/cluster-access';
import { awaitNoMore, readAwaited } from './awaited-servers.ts';
import { hasNotedSecrets, noteSecrets } from './compromised.ts';
import { forgetEndpoint } from './forget-endpoint.ts';
import type { LeaveMeans } from './leave-means.ts';
import type { SignedCertificate } from './signed-certificates.ts';
import { acknowledge, readAcknowledgements, type LeavePart } from './leave-plan.ts';

/** What a boot server has in Vault besides certificates. */
export interface VaultTraces {
  certRole: boolean;
  policy: boolean;
  /** As `ca/server/boot-2`. */
  signingRoles: string[];
  /** Accessors of its tokens. */
  tokens: string[];
}

/** What is left of one boot server in etcd and Vault, to look at; it has no means to change anything. */
export interface LeaveReader {
  member(): Promise<Member | undefined>;
  /** Whether it leads etcd. */
  leads(): Promise<boolean>;
  /** Whether its Vault is the active one. */
  isActiveVault(): Promise<boolean>;
  plan(): Promise<LeavePlan | undefined>;
  /** Whether it was noted for this leave which secrets it knew. */
  hasNotedSecrets(): Promise<boolean>;
  hasStopped(): Promise<boolean>;
  acknowledgements(part: LeavePart, round: string): Promise<Map<number, Acknowledgement>>;
  /** LRNs of the servers for which the leave waits. */
  awaited(): Promise<number[]>;
  registration(): Promise<BootServer | undefined>;
  /** Its users of etcd that are there. */
  users(): Promise<string[]>;
  unrevoked(): Promise<SignedCertificate[]>;
  vaultTraces(): Promise<VaultTraces>;
  /** Its keys under `update/status` and `election`. */
  keys(): Promise<string[]>;
}

/** The same, to change it as well. Each change is made once: done again it leaves things alone. */
export interface LeaveWriter extends LeaveReader {
  checkQuorum(): Promise<void>;
  snapshot(path: string): Promise<void>;
  moveLeadership(): Promise<void>;
  stepDownVault(): Promise<void>;
  removeMember(id: string): Promise<void>;
  writePlan(plan: LeavePlan): Promise<void>;
  noteSecrets(): Promise<void>;
  acknowledge(by: number, round: string, connections: number): Promise<void>;
  /** Runs a restart of etcd while no other server restarts its own. */
  restartInTurn(restart: () => Promise<void>): Promise<void>;
  /** Takes it out of the files of the server on which the command runs. */
  forgetEndpoint(host: HostWriter): Promise<void>;
  deleteRegistration(): Promise<void>;
  deleteUsers(): Promise<void>;
  revoke(certificates: readonly SignedCertificate[]): Promise<void>;
  forgetCertificates(): Promise<void>;
  /** Deletes all that it has in Vault besides certificates: its log-in first, then the tokens that came of it. */
  closeVault(): Promise<void>;
  deleteKeys(): Promise<void>;
  /** Waits for no server any more: their part is requested again. */
  awaitNobody(): Promise<void>;
  /**
   * Remembers that it left, and removes all records of the leave.
   * @param missing LRNs of the servers for which the records stay until they have done their part.
   */
  finish(missing: readonly number[]): Promise<void>;
  /** Vault as an administrator. */
  vault<T>(work: (vault: Vault) => Promise<T>): Promise<T>;
}

const clientMount = authorities.client.mount;

/** Who signs with them cannot be told, so those of all servers go; they live for a short time and are signed again. */
const anybodys = ['root', 'backup'];

export function readLeave(means: LeaveMeans): LeaveReader {
  const { lrn, name, address, etcd, registry, vault: session, certificates } = means;
  const vault = <T>(work: (one: Vault) => Promise<T>): Promise<T> => session.run('Vault to answer', work);
  const ownUsers = usersOf(lrn);
  const member = async (): Promise<Member | undefined> =>
    (await etcd.members()).find((one) => one.name === name || one.peerUrls.some((url) => isAt(url, address)));
  return {
    member,
    async leads() {
      const id = (await member())?.id;
      const { endpoints } = etcd.connection;
      // One that is gone would be waited for; each member knows who leads.
      const answers = answersInTime(endpoints.map((endpoint) => etcd.status(endpoint)));
      return (await answers.catch(() => [])).some(({ leader }) => leader === id);
    },
    isActiveVault: () =>
      vault(async (one) => (await one.system.leader()).leaderAddress === vaultAddress(address)).catch(
        () => false,
      ),
    plan: () => registry.leavePlans.at(lrn).get(),
    async hasNotedSecrets() {
      const plan = await registry.leavePlans.at(lrn).get();
      return plan !== undefined && (await hasNotedSecrets(means, plan));
    },
    hasStopped: async () => (await registry.leaveStops.at(lrn).get()) !== undefined,
    acknowledgements: (part, round) => readAcknowledgements(registry, lrn, { part, round }),
    awaited: () => readAwaited(registry, lrn),
    registration: () => registry.bootServers.at(lrn).get(),
    users: () =>
      etcd.call('list the users', async ({ auth }) =>
        (await auth.userList()).users.filter((user) => ownUsers.includes(user)),
      ),
    async unrevoked() {
      const [plan, registration, ofApplications] = await Promise.all([
        registry.leavePlans.at(lrn).get(),
        registry.bootServers.at(lrn).get(),
        applicationSerials(registry, lrn),
      ]);
      const known = new Set([...(plan?.serials ?? []), ...(registration?.serials ?? []), ...ofApplications]);
      const own = ownRootSerial(etcd);
      const isIts = ({ mount, serial, commonName }: SignedCertificate): boolean =>
        known.has(serial) ||
        [name, ...ownUsers].includes(commonName) ||
        (mount === clientMount && anybodys.includes(commonName) && serial !== own);
      const [valid, first] = await Promise.all([
        vault((one) => certificates.valid(one)),
        vault((one) => validInitialCertificates(registry, lrn, one)),
      ]);
      return [...valid.filter(isIts), ...first];
    },
    vaultTraces: () => vault((one) => tracesOf(one, lrn, name)),
    keys: () => registry.keysOf(lrn),
  };
}

/** The users of etcd that a boot server has to itself. */
function usersOf(lrn: number): string[] {
  return [`neco-${String(lrn)}`, `vault-${String(lrn)}`];
}

export function changeLeave(means: LeaveMeans): LeaveWriter {
  const { lrn, name, address, here, etcd, registry, vault: session } = means;
  const reader = readLeave(means);
  const ownUsers = usersOf(lrn);
  const vault = <T>(work: (one: Vault) => Promise<T>): Promise<T> => session.run('Vault to answer', work);
  return {
    ...reader,
    vault,
    checkQuorum: () => etcd.checkQuorum(),
    snapshot: async (path) => {
      await etcd.snapshot(path);
    },
    moveLeadership: () => moveLeadership(etcd, name),
    stepDownVault: () =>
      session.run('the active Vault to step down', (one) =>
        one.at(vaultAddress(address), name).system.stepDown(),
      ),
    removeMember: (id) => etcd.removeMember(id),
    writePlan: (plan) => registry.leavePlans.at(lrn).put(plan),
    async noteSecrets() {
      await noteSecrets(means, await reader.plan());
    },
    acknowledge: (by, round, connections) =>
      acknowledge(registry, lrn, { part: 'lists', by, round, connections }),
    restartInTurn: (restart) => restartInTurn(registry, here, restart),
    forgetEndpoint: (host) => forgetEndpoint(host, registry, here),
    deleteRegistration: async () => {
      await registry.bootServers.at(lrn).delete();
    },
    deleteUsers: () =>
      etcd.call(`delete the users of ${name}`, async ({ auth }) => {
        const there = (await auth.userList()).users.filter((user) => ownUsers.includes(user));
        for (const user of there) await auth.userDelete({ name: user });
      }),
    async revoke(certificates) {
      const byMount = Map.groupBy(certificates, ({ mount }) => mount);
      await Promise.all([...byMount].map(([mount, list]) => vault((one) => one.pki(mount).revokeAll(list))));
    },
    forgetCertificates: () => forgetApplicationCertificates(registry, lrn),
    closeVault: () =>
      vault(async (one) => {
        await one.auth.deleteCertRole(name);
        await Promise.all([
          one.system.deletePolicy(name),
          tokensOf(one, name).then((tokens) =>
            Promise.all(tokens.map((token) => one.auth.revokeAccessor(token))),
          ),
          ...signingRolesOf(lrn).map(({ mount, role }) => one.pki(mount).deleteSigningRole(role)),
        ]);
      }),
    deleteKeys: () => registry.deleteKeysOf(lrn),
    async awaitNobody() {
      for (const by of await reader.awaited()) await registry.leaveAwaits.at(lrn, by).delete();
    },
    async finish(missing) {
      const left = { version: 1 as const, at: new Date().toISOString() };
      await Promise.all([
        registry.left.at(lrn).put(left),
        forgetInitialCertificates(registry, lrn),
        awaitedNoWhere(registry, lrn),
      ]);
      for (const by of missing) await registry.leaveAwaits.at(lrn, by).put({ version: 1 });
      if (missing.length === 0) await registry.leaves.of(lrn).delete();
    },
  };
}

/** No other leave waits for a server that is a boot server no more. */
async function awaitedNoWhere(registry: Registry, lrn: number): Promise<void> {
  const leaves = unfinishedLeaves(await registry.leaves.read());
  const waiting = leaves.filter(({ awaited }) => awaited.includes(lrn));
  for (const other of waiting) await awaitNoMore(registry, other.lrn, lrn);
}

function isAt(url: string, address: string): boolean {
  return urlAddress(url) === address;
}

/** The serial number of the root certificate that this very command works with. */
function ownRootSerial({ connection: { tls } }: EtcdCluster): string | undefined {
  return tls?.certificate === undefined ? undefined : certificateFacts(tls.certificate).serial;
}

async function tracesOf(vault: Vault, lrn: number, name: string): Promise<VaultTraces> {
  const [certRole, policy, tokens, there] = await Promise.all([
    vault.auth.certRoleCa(name),
    vault.system.policy(name),
    tokensOf(vault, name),
    Promise.all(
      signingRolesOf(lrn).map(async ({ mount, role }) =>
        (await vault.pki(mount).hasSigningRole(role)) ? [`${mount}/${role}`] : [],
      ),
    ),
  ]);
  return {
    certRole: certRole !== undefined,
    policy: policy !== undefined,
    signingRoles: there.flat(),
    tokens,
  };
}

/** The accessors of a boot server's tokens. */
async function tokensOf(vault: Vault, name: string): Promise<string[]> {
  const tokens = await vault.auth.tokens();
  return tokens.filter(({ policies }) => policies.includes(name)).map(({ accessor }) => accessor);
}

/** The signing roles that a boot server has to itself. */
function signingRolesOf(lrn: number): { mount: string; role: string }[] {
  return distinctRoles(lrn).map((kind) => ({
    mount: authorities[kind.authority].mount,
    role: kind.role(lrn),
  }));
}

/** Makes that member the leader which is furthest in step. */
async function moveLeadership(etcd: EtcdCluster, name: string): Promise<void> {
  const members = await etcd.members();
  const leaving = members.find((member) => member.name === name)?.id;
  const statuses = [...(await etcd.statuses()).values()].filter(
    (status): status is MemberStatus => !(status instanceof NecoError),
  );
  const [next] = statuses
    .filter(({ id, isLearner }) => id !== leaving && !isLearner)
    .sort((one, other) => other.raftAppliedIndex - one.raftAppliedIndex);
  if (next === undefined) {
    throw new NecoError('QUORUM_AT_RISK', `no other member can lead in place of ${name}`, {
      hint: 'check the members with neco status',
    });
  }
  await etcd.moveLeader(next.id);
}
