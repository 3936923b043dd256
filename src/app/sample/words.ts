/** The words of which invented names are made. No place, maker or product here exists, as far as we know; the CVE year 1900 never will. */
export const PLACE_STARTS = ['Alder', 'Ash', 'Bram', 'Carn', 'Clay', 'Dun', 'Elm', 'Fern', 'Gran', 'Hazel', 'Ivel', 'Kest', 'Lark', 'Marl', 'Nether', 'Oaken', 'Penn', 'Quarn', 'Rook', 'Sedge', 'Thorn', 'Under', 'Vale', 'Wex', 'Yarrow']
export const PLACE_ENDS = ['brook', 'combe', 'dale', 'field', 'ford', 'gate', 'ham', 'hurst', 'leigh', 'mere', 'moor', 'ness', 'ridge', 'shaw', 'stead', 'thwaite', 'ton', 'wick', 'wold', 'worth']
export const REGIONS = ['Northmarch', 'Eastwater', 'Midvale', 'Southdown Reach', 'Westholt', 'Capital', 'Upper Tarn']
export const FIRST_NAMES = ['Amara', 'Ben', 'Chidi', 'Dilys', 'Esther', 'Farah', 'Gareth', 'Hannah', 'Imran', 'Jo', 'Kamala', 'Leon', 'Maeve', 'Nadia', 'Owen', 'Priya', 'Quentin', 'Rosa', 'Samir', 'Tess', 'Uma', 'Victor', 'Wanda', 'Yusuf', 'Zoe']
export const LAST_NAMES = ['Abara', 'Brightwell', 'Castell', 'Dunmore', 'Eastaugh', 'Fenwright', 'Goldhawk', 'Harrowby', 'Inskip', 'Jessamy', 'Kettering', 'Lowther', 'Marchbank', 'Northcote', 'Okafor', 'Pemberly', 'Quayle', 'Rowntree', 'Sandhu', 'Thackray', 'Underhill', 'Vance', 'Whitlock', 'Yelland']

/** Invented makers and what they sell: which types of organisation run it, and how commonly (0 to 1). */
export interface SampleProduct {
  readonly maker: string
  readonly product: string
  readonly versions: readonly string[]
  readonly runBy: Readonly<Record<string, number>>
}

const EVERYBODY = { trust: 0.9, practice: 0.8, pharmacy: 0.7, 'care-home': 0.6, dentist: 0.7, board: 0.9, 'support-unit': 0.9, supplier: 0.7 }

export const PRODUCTS: readonly SampleProduct[] = [
  { maker: 'Northlight Systems Ltd', product: 'Northlight Patient Record', versions: ['7.2', '7.4', '8.0'], runBy: { practice: 0.55 } },
  { maker: 'Calder Clinical plc', product: 'Calder GP', versions: ['21.3', '22.1'], runBy: { practice: 0.42 } },
  { maker: 'Meridian Health Software', product: 'Meridian EPR', versions: ['2024.1', '2024.2', '2025.1'], runBy: { trust: 0.5 } },
  { maker: 'Halden Imaging GmbH', product: 'Halden PACS', versions: ['5.1', '5.2'], runBy: { trust: 0.6 } },
  { maker: 'Orchid Diagnostics Inc', product: 'Orchid Lab Link', versions: ['3.0', '3.1'], runBy: { trust: 0.45, practice: 0.3 } },
  { maker: 'Tamarind Infusion', product: 'Tamarind Smart Pump', versions: ['1.8', '2.0'], runBy: { trust: 0.55, 'care-home': 0.05 } },
  { maker: 'Peregrine Networks', product: 'Peregrine Edge Firewall', versions: ['9.1.4', '9.2.0', '10.0.1'], runBy: { trust: 0.5, board: 0.4, 'support-unit': 0.6, supplier: 0.4 } },
  { maker: 'Peregrine Networks', product: 'Peregrine Remote Access', versions: ['4.6', '4.7'], runBy: { trust: 0.45, practice: 0.15, board: 0.4, 'support-unit': 0.6 } },
  { maker: 'Lumen Desk Ltd', product: 'Lumen Desktop', versions: ['10', '11'], runBy: EVERYBODY },
  { maker: 'Lumen Desk Ltd', product: 'Lumen Server', versions: ['2016', '2019', '2022'], runBy: { trust: 0.9, board: 0.8, 'support-unit': 0.9, supplier: 0.6, practice: 0.3 } },
  { maker: 'Quill Office', product: 'Quill Mail', versions: ['2025'], runBy: EVERYBODY },
  { maker: 'Dispenso', product: 'Dispenso Pharmacy', versions: ['12.0', '12.1', '13.0'], runBy: { pharmacy: 0.6, trust: 0.2 } },
  { maker: 'Greenleaf Care Software', product: 'Greenleaf Care Planner', versions: ['4', '5'], runBy: { 'care-home': 0.5 } },
  { maker: 'Molar Technologies', product: 'Molar Practice', versions: ['6.3'], runBy: { dentist: 0.65 } },
  { maker: 'Signet Transfer Corp', product: 'Signet File Exchange', versions: ['8.5', '8.6'], runBy: { trust: 0.35, board: 0.5, 'support-unit': 0.5, supplier: 0.3 } },
  { maker: 'Bastion Backup', product: 'Bastion Vault', versions: ['11', '12'], runBy: { trust: 0.5, 'support-unit': 0.7, supplier: 0.4, board: 0.3 } },
  { maker: 'Harbour Virtual', product: 'Harbour Hypervisor', versions: ['6.7', '7.0', '8.0'], runBy: { trust: 0.7, 'support-unit': 0.8, supplier: 0.5 } },
  { maker: 'Wayfinder Print', product: 'Wayfinder Print Server', versions: ['19', '20', '22'], runBy: { trust: 0.6, practice: 0.2, board: 0.4 } },
]
