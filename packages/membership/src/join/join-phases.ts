import type { Phase } from '@neco/core';
import { installPackages } from '@neco/cluster-access';
import type { JoinContext, JoinView } from './join-context.ts';
import { addLearner } from './phases/add-learner.ts';
import { allowInEtcd } from './phases/allow-in-etcd.ts';
import { awaitTurn } from './phases/await-turn.ts';
import { beginJoin } from './phases/begin-join.ts';
import { checkTheCluster } from './phases/check-the-cluster.ts';
import { checkThisServer } from './phases/check-this-server.ts';
import { configureDaemons } from './phases/configure-daemons.ts';
import { logIn } from './phases/log-in.ts';
import { obtainCertificates } from './phases/obtain-certificates.ts';
import { registerThisServer } from './phases/register-this-server.ts';
import { replaceOldSelf } from './phases/replace-old-self.ts';
import { trustTheCluster } from './phases/trust-the-cluster.ts';

/** A new boot server, in the order of the seed's own steps; neco-worker does the rest. */
export const joinPhases: readonly Phase<JoinView, JoinContext>[] = [
  checkThisServer,
  trustTheCluster,
  logIn,
  checkTheCluster,
  beginJoin,
  installPackages,
  awaitTurn,
  replaceOldSelf,
  obtainCertificates,
  allowInEtcd,
  configureDaemons,
  addLearner,
  registerThisServer,
];
