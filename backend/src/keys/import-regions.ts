import { regions, type Region } from '../contract/index.ts'

/** What people call the regions, and the provinces and cities in them; without accents, blanks and signs. */
const names: Record<Region, string> = {
  random: 'random any anywhere all auto ngaunhien batky batki tatca toanquoc',
  bac: `bac north northern hn mb hanoi haiphong quangninh halong bacgiang backan baccan bacninh caobang dienbien dienbienphu
    hagiang hanam phuly haiduong hoabinh hungyen laichau langson laocai sapa namdinh ninhbinh phutho viettri sonla thaibinh
    thainguyen tuyenquang vinhphuc vinhyen yenbai`,
  trung: `trung central centre center middle mt danang hue thuathienhue thanhhoa nghean vinh hatinh quangbinh donghoi quangtri
    dongha quangnam hoian tamky quangngai binhdinh quynhon phuyen tuyhoa khanhhoa nhatrang camranh ninhthuan phanrang binhthuan
    phanthiet kontum gialai pleiku daklak daclac buonmathuot buonmethuot daknong dacnong lamdong dalat taynguyen`,
  nam: `nam south southern sg mn saigon hcm hcmc hochiminh thuduc baria vungtau bariavungtau binhduong thudaumot dian
    binhphuoc dongxoai dongnai bienhoa tayninh angiang longxuyen baclieu bentre camau cantho dongthap haugiang kiengiang
    rachgia phuquoc longan soctrang tiengiang mytho travinh vinhlong mientay`,
}

const regionByName = new Map<string, Region>(
  regions.flatMap((region) => names[region].split(/\s+/).map((name) => [name, region] as const)),
)

const before = /^(?:khuvuc|region|vung|khu|mien|thanhpho|tinh|city|tp)+/
const after = /(?:vietnam|region|vn|city)$/
/** Longer than any name of a region. */
const maxLength = 60

/** fold makes small letters without accents, blanks and signs of a text: `Miền Bắc` becomes `mienbac`. */
export function fold(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll('đ', 'd')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
}

/** findRegion gives the region that a text names, as a code, a word in English or Vietnamese, or a place in it; null where it names none. */
export function findRegion(text: string): Region | null {
  if (text.length > maxLength) return null
  const whole = regionByFolded(fold(text))
  if (whole !== null) return whole
  // `Miền Bắc (Hà Nội)`, `Nam - TP.HCM`
  const parts = text.split(/[()/[\]–—-]/).filter((part) => fold(part) !== '')
  const found = new Set(parts.map((part) => regionByFolded(fold(part))))
  const [region = null] = found
  return parts.length > 1 && found.size === 1 ? region : null
}

function regionByFolded(name: string): Region | null {
  const region = regionByName.get(name)
  if (region !== undefined) return region
  const short = [name.replace(before, ''), name.replace(after, ''), name.replace(before, '').replace(after, '')]
  return short.map((each) => regionByName.get(each)).find((each) => each !== undefined) ?? null
}
