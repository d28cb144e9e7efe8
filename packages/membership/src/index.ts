// Stars alone: a re-export by name is a statement of this file, and would tie all operations to each other in a bundle,
// so that each command loads all of them.
export * from './corruption/judge-data.ts';
export * from './corruption/refused-members.ts';
export * from './corruption/rejoin-line.ts';
export * from './corruption/remove-corrupt.ts';
export * from './finish-join/etcd-complaint.ts';
export * from './finish-join/finish-join.ts';
export * from './follow-leaves/follow-leaves.ts';
export * from './join/ca-hash.ts';
export * from './join/join-options.ts';
export * from './join/join.ts';
export * from './leave/records/awaited-servers.ts';
export * from './leave/leave-options.ts';
export * from './leave/leave.ts';
export * from './leave/records/left-record.ts';
export * from './leave/facts/quorum-arithmetic.ts';
export * from './members/list-members.ts';
export * from './members/remove-member.ts';
export * from './etcd-access/repair-access.ts';
export * from './reset/reset-options.ts';
export * from './reset/reset.ts';
export * from './versions/register-version.ts';
export * from './versions/restore-registration.ts';
export * from './space/database-size.ts';
export * from './space/keep-space.ts';
export * from './space/recover-space.ts';
