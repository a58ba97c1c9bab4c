import { useTranslation } from 'react-i18next'

import { regions } from '../../../../backend/src/contract/choices.ts'
import type { Region } from '../../../../backend/src/contract/index.ts'
import { Field, Select } from '@/components/ui/field'

interface RegionFieldProps {
  label: string
  hint?: string
  className?: string
  value: Region
  onChange: (region: Region) => void
}

/** RegionField chooses where the exit should be. */
export function RegionField({ value, onChange, ...field }: RegionFieldProps) {
  const { t } = useTranslation()
  return (
    <Field {...field}>
      {(control) => (
        <Select {...control} value={value} onChange={(event) => onChange(event.target.value as Region)}>
          {regions.map((choice) => (
            <option key={choice} value={choice}>
              {t(`region.${choice}`)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
}
