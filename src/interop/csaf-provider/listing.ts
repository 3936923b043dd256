import type { Platform } from '../../platform/platform.ts'

/** Above these nothing of ours lies. */
const TOPS = ['csaf', 'csaf/members']

/** A folder as a page for people and for plain programs (§7.1.14): made on the server, with no script. Its links begin at the root of the site, so that they hold with and without a slash behind the folder. */
export function listingPage({ views }: Pick<Platform, 'views'>, folder: string, names: readonly string[]): string {
  const parent = TOPS.includes(folder) ? null : `/${folder.slice(0, folder.lastIndexOf('/'))}/`
  return views.render('csaf-provider/views/listing.njk', { folder: `/${folder}/`, names, parent })
}
