import type { BootServer } from '@neco/bootserver-registry';
import { certificatesFit, leafLifeHours, ownSerials, revokedKinds, serverRoles } from '@neco/cluster-access';
import type { Member } from '@neco/etcd-admin';
import type { HostReader } from '@neco/host-installer';
import type { JoinRecord } from '../join-record.ts';
import { isOwnMember } from './is-own-member.ts';
import type { JoinFacts } from './join-facts.ts';

/** A certificate that is valid for longer than this, in ms, needs no renewal. */
const stays = (leafLifeHours / 3) * 3_600_000;

export interface JoiningServer {
  readonly host: HostReader;
  readonly lrn: number;
  readonly address: string;
}

/** How far this server is a boot server, as its files, etcd and Vault show it. It changes nothing. */
export class JoinWorld {
  readonly #server: JoiningServer;
  readonly #facts: JoinFacts;

  constructor(server: JoiningServer, facts: JoinFacts) {
    this.#server = server;
    this.#facts = facts;
  }

  /** The registration of this server. @throws NecoError ETCD_*, RECORD_INVALID, FILE_FAILED */
  registration(): Promise<BootServer | undefined> {
    return this.#facts.registration();
  }

  /** Whether nothing of an earlier life of this server is left in the cluster. */
  async isReplaced(record: JoinRecord | undefined): Promise<boolean> {
    if ((await this.oldMembers(record)).length > 0 || (await this.#facts.hasInitialCertificates()))
      return false;
    const registration = await this.#facts.registration();
    if (registration !== undefined) return this.isOfThisLife(registration);
    return (await this.#facts.applicationSerials()).length === 0;
  }

  /** The etcd members of an earlier life. One that was added and never started can be adopted. */
  async oldMembers(record: JoinRecord | undefined): Promise<Member[]> {
    return (await this.#facts.members()).filter((member) => {
      const isAdoptable = member.isLearner && member.name === '';
      return isOwnMember(this.#server, member) && !isAdoptable && member.id !== record?.memberId;
    });
  }

  /** Whether a registration names the certificates that lie here. */
  async isOfThisLife({ serials }: BootServer): Promise<boolean> {
    const own = await this.#ownSerials();
    return own.length > 0 && own.every((serial) => serials.includes(serial));
  }

  /** Whether the certificates that lie here are good: they fit, last, and are not revoked. */
  async hasCertificates(): Promise<boolean> {
    // Those of a boot server that serves are renewed by others.
    const isActive = async (): Promise<boolean> => (await this.#facts.registration())?.state === 'active';
    if (!(await certificatesFit(this.#server, 0))) return false;
    if (!(await certificatesFit(this.#server, stays)) && !(await isActive())) return false;
    const lists = await this.#facts.revocations();
    return lists === undefined || (await revokedKinds(this.#server.host, lists)).length === 0;
  }

  /** Whether Vault lets this server log in and have its certificates signed. */
  hasVaultAccess(): Promise<boolean> {
    return this.#facts.hasVaultAccess();
  }

  /** Whether etcd has the users of this server. */
  async isAllowedInEtcd(): Promise<boolean> {
    const roles = await Promise.all(serverRoles.map((role) => this.#facts.rolesOf(role)));
    return serverRoles.every((role, index) => roles[index]?.includes(role));
  }

  /** Whether the member that was added for this server is one. */
  async isMember(record: JoinRecord | undefined): Promise<boolean> {
    if (record?.memberId === undefined) return false;
    return (await this.#facts.members()).some(({ id }) => id === record.memberId);
  }

  /** Whether the registration is of this member and names the certificates that lie here, and this server knows it. */
  async isRegistered(record: JoinRecord | undefined): Promise<boolean> {
    if (record?.registeredAt === undefined) return false;
    const registration = await this.#facts.registration();
    if (registration === undefined || registration.memberId !== record.memberId) return false;
    return this.isOfThisLife(registration);
  }

  /** Whether nothing is left for an administrator to do. What this server's own certificates cannot read counts as missing. */
  async isJoined(record: JoinRecord | undefined): Promise<boolean> {
    if (record?.registeredAt === undefined || record.gaveUp !== undefined) return false;
    try {
      const looks = await Promise.all([
        this.isReplaced(record),
        this.hasCertificates(),
        this.hasVaultAccess(),
        this.isAllowedInEtcd(),
        this.isMember(record),
        this.isRegistered(record),
      ]);
      return looks.every((isDone) => isDone);
    } catch {
      return false;
    }
  }

  /** Whether this server is one that needs no join: registered with these certificates, and its etcd member runs. */
  async isBootServer(): Promise<boolean> {
    try {
      // One that systemd starts again and again accepts connections for moments.
      if ((await this.#server.host.unit('etcd.service')).active !== 'active') return false;
      const registration = await this.#facts.registration();
      if (registration?.state !== 'active' || !(await this.isOfThisLife(registration))) return false;
      const members = await this.#facts.members();
      return (
        members.some((member) => isOwnMember(this.#server, member) && !member.isLearner) &&
        (await this.hasCertificates()) &&
        (await this.hasVaultAccess())
      );
    } catch {
      return false;
    }
  }

  /** None when a certificate is missing. */
  #ownSerials(): Promise<string[]> {
    return ownSerials(this.#server.host).catch(() => []);
  }
}
