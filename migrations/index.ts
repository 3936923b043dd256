import type { Migration } from 'kysely/migration'
import * as platform from './0001_platform.ts'
import * as directory from './0002_directory.ts'
import * as watch from './0003_watch.ts'
import * as broadcast from './0004_broadcast.ts'
import * as listIndexes from './0005_list_indexes.ts'
import * as reachAndSearch from './0006_reach_and_search.ts'
import * as matching from './0008_matching.ts'
import * as regionPicture from './0009_region_picture.ts'
import * as narrowerWrites from './0010_narrower_writes.ts'
import * as incidentNotifications from './0011_incident_notifications.ts'
import * as documents from './0012_documents.ts'
import * as threatGrouping from './0013_threat_grouping.ts'
import * as sourceState from './0014_source_state.ts'
import * as enrichment from './0015_enrichment.ts'
import * as documentsRead from './0016_documents_read.ts'
import * as triage from './0017_triage.ts'
import * as newestAnswer from './0018_newest_answer.ts'
import * as mailings from './0019_mailings.ts'
import * as audience from './0020_audience.ts'
import * as responses from './0021_responses.ts'
import * as webhooks from './0022_webhooks.ts'
import * as mail from './0023_mail.ts'
import * as chase from './0024_chase.ts'
import * as writing from './0025_writing.ts'
import * as servicesScheduleDigest from './0026_services_schedule_digest.ts'
import * as picture from './0027_picture.ts'
import * as watchFixes from './0028_watch.ts'
import * as largeDocuments from './0029_large_documents.ts'
import * as api from './0030_api.ts'
import * as publication from './0031_publication.ts'
import * as sharingGroups from './0032_sharing_groups.ts'
import * as stixTaxii from './0033_stix_taxii.ts'
import * as publicBulletins from './0034_public_bulletins.ts'
import * as speed from './0035_speed.ts'
import * as closedDays from './0037_closed_days.ts'
import * as assure from './0038_assure.ts'
import * as assureReview from './0039_assure_review.ts'
import * as assureEvidenceSharing from './0040_assure_evidence_sharing.ts'
import * as benchmark from './0041_benchmark.ts'
import * as investment from './0042_investment.ts'
import * as plans from './0043_plans.ts'
import * as addresses from './0044_addresses.ts'
import * as planRows from './0045_plan_rows.ts'
import * as practiceQuestions from './0046_practice_questions.ts'
import * as csafReissue from './0048_csaf_reissue.ts'
import * as sharedAddresses from './0049_shared_addresses.ts'
import * as stoppedBefore from './0050_stopped_before.ts'

/** Every migration in its one global order. Forward only; a merged one is never edited. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_platform': platform,
  '0002_directory': directory,
  '0003_watch': watch,
  '0004_broadcast': broadcast,
  '0005_list_indexes': listIndexes,
  '0006_reach_and_search': reachAndSearch,
  '0008_matching': matching,
  '0009_region_picture': regionPicture,
  '0010_narrower_writes': narrowerWrites,
  '0011_incident_notifications': incidentNotifications,
  '0012_documents': documents,
  '0013_threat_grouping': threatGrouping,
  '0014_source_state': sourceState,
  '0015_enrichment': enrichment,
  '0016_documents_read': documentsRead,
  '0017_triage': triage,
  '0018_newest_answer': newestAnswer,
  '0019_mailings': mailings,
  '0020_audience': audience,
  '0021_responses': responses,
  '0022_webhooks': webhooks,
  '0023_mail': mail,
  '0024_chase': chase,
  '0025_writing': writing,
  '0026_services_schedule_digest': servicesScheduleDigest,
  '0027_picture': picture,
  '0028_watch': watchFixes,
  '0029_large_documents': largeDocuments,
  '0030_api': api,
  '0031_publication': publication,
  '0032_sharing_groups': sharingGroups,
  '0033_stix_taxii': stixTaxii,
  '0034_public_bulletins': publicBulletins,
  '0035_speed': speed,
  '0037_closed_days': closedDays,
  '0038_assure': assure,
  '0039_assure_review': assureReview,
  '0040_assure_evidence_sharing': assureEvidenceSharing,
  '0041_benchmark': benchmark,
  '0042_investment': investment,
  '0043_plans': plans,
  '0044_addresses': addresses,
  '0045_plan_rows': planRows,
  '0046_practice_questions': practiceQuestions,
  '0048_csaf_reissue': csafReissue,
  '0049_shared_addresses': sharedAddresses,
  '0050_stopped_before': stoppedBefore,
}
