/** The commands that this server has. */
import { noticeDelete, noticeList, noticeSet, serverAnnounce } from './announce.ts';
import { auditList, auditVerify } from './audit.ts';
import {
  bulkDelete,
  bulkDownload,
  bulkFileDelete,
  bulkFiles,
  bulkJob,
  bulkJobs,
  bulkLog,
  bulkResume,
  bulkSchedule,
  bulkStop,
  bulkSubmit,
  bulkTransactions,
  bulkUpload,
  bulkValidate,
} from './bulk.ts';
import { certificateList } from './certificates.ts';
import { clusterStatus } from './cluster.ts';
import { Commands } from './command.ts';
import { diagnoseRun } from './diagnose.ts';
import {
  appUserAdd,
  appUserList,
  appUserPasswd,
  appUserRemove,
  featureGroupTemplateAdd,
  featureGroupTemplateList,
  featureGroupTemplateRemove,
  licenseReport,
} from './directory.ts';
import { figureObjects, figureQuery } from './figures.ts';
import { ldapAdd, ldapCancel, ldapList, ldapRemove, ldapSync } from './ldap.ts';
import { logFiles, logRead } from './log-files.ts';
import {
  machineCores,
  machineNetwork,
  machineProcesses,
  machineRelease,
  machineShutDown,
  machineStatusCommand,
} from './machine.ts';
import { ntpServerAdd, ntpServerDelete, ntpServerList, ntpStatus } from './ntp.ts';
import { userContacts, userEndSessions, userStatistics } from './people.ts';
import { presenceExplain, presenceOverride } from './presence.ts';
import { roleAssign, roleList, roleWithdraw } from './roles.ts';
import { serverSettings, serverStatus } from './server.ts';
import { serviceList, serviceRestart, serviceStart, serviceStop } from './services.ts';
import { setupFinish, setupStatus } from './setup.ts';
import { storeCheck, storeQuery } from './store.ts';
import { syncRun, syncStatus } from './sync.ts';
import { tokenCreate, tokenList, tokenRevoke } from './tokens.ts';
import {
  topologyAddNode,
  topologyAddSubcluster,
  topologyAssign,
  topologyRemoveNode,
  topologyRemoveSubcluster,
  topologySecurityPassword,
  topologyShow,
} from './topology.ts';
import { userAdd, userDisable, userEnable, userList, userPasswd, userRemove } from './users.ts';

export const allCommands = new Commands([
  userAdd,
  userList,
  userPasswd,
  userRemove,
  userEnable,
  userDisable,
  userContacts,
  userStatistics,
  userEndSessions,
  appUserAdd,
  appUserList,
  appUserPasswd,
  appUserRemove,
  licenseReport,
  featureGroupTemplateAdd,
  featureGroupTemplateList,
  featureGroupTemplateRemove,
  presenceExplain,
  presenceOverride,
  serverStatus,
  serverSettings,
  serverAnnounce,
  noticeList,
  noticeSet,
  noticeDelete,
  ntpStatus,
  ntpServerList,
  ntpServerAdd,
  ntpServerDelete,
  roleList,
  roleAssign,
  roleWithdraw,
  tokenCreate,
  tokenList,
  tokenRevoke,
  auditList,
  auditVerify,
  machineRelease,
  machineStatusCommand,
  machineNetwork,
  machineProcesses,
  machineCores,
  machineShutDown,
  serviceList,
  serviceStart,
  serviceStop,
  serviceRestart,
  clusterStatus,
  certificateList,
  diagnoseRun,
  figureObjects,
  figureQuery,
  storeCheck,
  storeQuery,
  logFiles,
  logRead,
  syncStatus,
  syncRun,
  ldapList,
  ldapAdd,
  ldapRemove,
  ldapSync,
  ldapCancel,
  setupStatus,
  setupFinish,
  topologyShow,
  topologyAddSubcluster,
  topologyRemoveSubcluster,
  topologyAddNode,
  topologyRemoveNode,
  topologyAssign,
  topologySecurityPassword,
  bulkTransactions,
  bulkUpload,
  bulkFiles,
  bulkFileDelete,
  bulkSubmit,
  bulkValidate,
  bulkJobs,
  bulkJob,
  bulkStop,
  bulkResume,
  bulkSchedule,
  bulkDelete,
  bulkLog,
  bulkDownload,
]);
