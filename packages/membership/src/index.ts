// Stars alone: a re-export by name is a statement of this file, and would tie all operations to each other in a bundle,
// so that each command loads all of them.
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
export * from './members/remove-member-advice.ts';
export * from './reset/reset-options.ts';
export * from './reset/reset.ts';
