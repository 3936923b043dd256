import type { Module } from '../../platform/module.ts'
import { agreementOperations } from './agreements/api.ts'
import { agreementRoutes } from './agreements/routes.ts'
import { assessmentOperations } from './assessments/api.ts'
import { carryOperations } from './assessments/carry/api.ts'
import { carryRoutes } from './assessments/carry/routes.ts'
import { assessmentCommands } from './assessments/cli.ts'
import { outcomeOperations } from './assessments/outcomes/api.ts'
import { outcomeRoutes } from './assessments/outcomes/routes.ts'
import { respondentOperations } from './assessments/respondents/api.ts'
import { respondentRoutes } from './assessments/respondents/routes.ts'
import { assessmentRoutes } from './assessments/routes.ts'
import { sheetOperations } from './assessments/sheet/api.ts'
import { sheetRoutes } from './assessments/sheet/routes.ts'
import { trendOperations } from './assessments/trend/api.ts'
import { trendRoutes } from './assessments/trend/routes.ts'
import { benchmarkOperations } from './benchmark/api.ts'
import { benchmarkCommands } from './benchmark/cli.ts'
import { benchmarkJobs } from './benchmark/jobs.ts'
import { benchmarkRoutes } from './benchmark/routes.ts'
import { catalogueOperations } from './catalogue/api.ts'
import { catalogueCommands } from './catalogue/cli.ts'
import { catalogueRoutes } from './catalogue/routes.ts'
import { engagementOperations } from './engagements/api.ts'
import { engagementJobs } from './engagements/jobs.ts'
import { engagementRoutes } from './engagements/routes.ts'
import { evidenceOperations } from './evidence/api.ts'
import { evidenceCommands } from './evidence/cli.ts'
import { evidenceJobs } from './evidence/jobs.ts'
import { evidenceRoutes } from './evidence/routes.ts'
import { frameworkOperations } from './frameworks/api.ts'
import { frameworkCommands } from './frameworks/cli.ts'
import { frameworkRoutes } from './frameworks/routes.ts'
import { assureHome } from './home.ts'
import { independentOperations } from './independent/api.ts'
import { independentRoutes } from './independent/routes.ts'
import { answerRoutes } from './investment/answer/routes.ts'
import { investmentOperations } from './investment/api.ts'
import { investmentCommands } from './investment/cli.ts'
import { figureRoutes } from './investment/figures/routes.ts'
import { studyAnswerJob } from './investment/jobs.ts'
import { investmentRoutes } from './investment/routes.ts'
import { moderationOperations } from './moderation/api.ts'
import { moderationRoutes } from './moderation/routes.ts'
import { planAgreementRoutes } from './plans/agreement/routes.ts'
import { planOperations } from './plans/api.ts'
import { planCommands } from './plans/cli.ts'
import { planFileRoutes } from './plans/files/routes.ts'
import { planListRoutes } from './plans/list/routes.ts'
import { proposalRoutes } from './plans/proposals/routes.ts'
import { planDayJob, remindOwnerJob } from './plans/reminders/jobs.ts'
import { planRoutes } from './plans/routes.ts'
import { PERMISSIONS } from './policy.ts'
import { practiceJobs } from './practices/jobs.ts'
import { practiceRoutes } from './practices/routes.ts'
import { reportOperations } from './reports/api.ts'
import { reportCommands } from './reports/cli.ts'
import { reportRoutes } from './reports/routes.ts'
import { sectorOperations } from './sector/api.ts'
import { needFreezeJob } from './sector/freeze.ts'
import { sectorRoutes } from './sector/routes.ts'
import { sharingOperations } from './sharing/api.ts'
import { sharingRoutes } from './sharing/routes.ts'
import { takeAwayCommands } from './take-away/cli.ts'
import { takeAwayRoutes } from './take-away/routes.ts'

/** Frameworks, an organisation's own review against them, the benchmark, and the improvements that are worth their money. */
export const assure: Module = {
  name: 'assure',
  permissions: PERMISSIONS,
  routes: [
    ...frameworkRoutes,
    ...frameworkOperations,
    ...sharingRoutes,
    ...sharingOperations,
    ...takeAwayRoutes,
    ...practiceRoutes,
    ...assessmentRoutes,
    ...outcomeRoutes,
    ...respondentRoutes,
    ...assessmentOperations,
    ...outcomeOperations,
    ...respondentOperations,
    ...sheetRoutes,
    ...sheetOperations,
    ...carryRoutes,
    ...carryOperations,
    ...trendRoutes,
    ...trendOperations,
    ...evidenceRoutes,
    ...evidenceOperations,
    ...engagementRoutes,
    ...engagementOperations,
    ...agreementRoutes,
    ...agreementOperations,
    ...independentRoutes,
    ...independentOperations,
    ...moderationRoutes,
    ...moderationOperations,
    ...reportRoutes,
    ...reportOperations,
    ...benchmarkRoutes,
    ...benchmarkOperations,
    ...catalogueRoutes,
    ...catalogueOperations,
    ...investmentRoutes,
    ...figureRoutes,
    ...answerRoutes,
    ...investmentOperations,
    ...planListRoutes,
    ...planFileRoutes,
    ...proposalRoutes,
    ...planAgreementRoutes,
    ...sectorRoutes,
    ...sectorOperations,
    ...planRoutes,
    ...planOperations,
  ],
  jobs: [...practiceJobs, studyAnswerJob, ...benchmarkJobs, ...evidenceJobs, ...engagementJobs, planDayJob, remindOwnerJob, needFreezeJob],
  commands: [
    ...reportCommands,
    ...takeAwayCommands,
    ...assessmentCommands,
    ...benchmarkCommands,
    ...planCommands,
    ...frameworkCommands,
    ...evidenceCommands,
    ...catalogueCommands,
    ...investmentCommands,
  ],
  home: assureHome,
  navigation: [
    { label: 'Frameworks', href: '/frameworks', permission: 'assure.framework.view', position: 85 },
    { label: 'Sector needs', href: '/sector-needs', permission: 'assure.sector.view', position: 86 },
    { label: 'Shared with us', href: '/shared-with-us', permission: 'assure.share.read', position: 87 },
    { label: 'Our review', href: '/assessments', permission: 'assure.assessment.view', position: 45, firstFor: ['contributor'] },
    { label: 'Assessments', href: '/independent', permission: 'assure.review.assess', position: 95, firstFor: ['assessor'] },
  ],
}
