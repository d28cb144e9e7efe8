import { addressOf, serverName, type SiteConfiguration } from '@neco/core';
import type { BootServer } from '@neco/bootserver-registry';
import type { Member } from '@neco/etcd-admin';

/** A boot server that the registry, etcd or this server's own configuration knows of. */
export interface KnownServer {
  lrn: number;
  name: string;
  address: string;
  registration: BootServer | undefined;
  member: Member | undefined;
}

/** All boot servers that anybody knows of, by LRN. */
export function listServers(
  site: SiteConfiguration | undefined,
  members: readonly Member[],
  registrations: readonly BootServer[],
): KnownServer[] {
  const lrns = new Set([
    ...registrations.map(({ lrn }) => lrn),
    ...members.flatMap((member) => lrnOf(member, site)),
  ]);
  if (site !== undefined) lrns.add(site.lrn);
  return [...lrns]
    .sort((a, b) => a - b)
    .map((lrn) => {
      const registration = registrations.find((server) => server.lrn === lrn);
      const member = members.find((each) => lrnOf(each, site).includes(lrn));
      const address =
        registration?.address ?? (member && hostOf(member)) ?? (site && addressOf(site, lrn)) ?? '';
      return { lrn, name: serverName(lrn), address, registration, member };
    });
}

/** The LRN of a member by its name; of one that never started, and so has no name, by the address plan. */
export function lrnOf(member: Member, site: SiteConfiguration | undefined): number[] {
  const named = /^boot-([0-9]+)$/.exec(member.name)?.[1];
  if (named !== undefined) return [Number(named)];
  if (site === undefined) return [];
  const host = hostOf(member);
  const exception = Object.entries(site.addresses.exceptions).find(([, address]) => address === host)?.[0];
  const lrn = exception === undefined ? plannedLrn(site, host) : Number(exception);
  return lrn === undefined ? [] : [lrn];
}

/** The LRN that the rule of the address plan gives this address to. */
function plannedLrn(site: SiteConfiguration, host: string): number | undefined {
  const lrn = (numberOf(host) - numberOf(site.addresses.first)) / site.addresses.step;
  return Number.isInteger(lrn) && lrn >= 0 && addressOf(site, lrn) === host ? lrn : undefined;
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

function hostOf({ clientUrls, peerUrls }: Member): string {
  return URL.parse(peerUrls[0] ?? clientUrls[0] ?? '')?.hostname ?? '';
}
