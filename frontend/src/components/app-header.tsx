import { useQuery, useQueryClient } from '@tanstack/react-query'
import {
  Activity,
  ChevronDown,
  CircleUser,
  KeyRound,
  Languages,
  LogOut,
  Moon,
  Search,
  Settings,
  Sun,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useRoute } from 'wouter'

import { meQuery, systemQuery } from '@/api/queries'
import { openDialog } from '@/features/dialogs'
import { isPaletteOpen } from '@/features/shortcuts'
import { useSignOut } from '@/features/sign-out'
import { language } from '@/i18n'
import { cn } from '@/lib/cn'
import { useStore } from '@/lib/store'
import { isDark, theme, themes } from '@/lib/theme'

import { LiveSign } from './live-sign'
import { Logo } from './logo'
import { Button } from './ui/button'
import { Menu, MenuChoice, MenuItem, MenuSeparator } from './ui/menu'
import { Tooltip } from './ui/tooltip'

/** AppHeader is the same on each page: where one can go, whether it is live, who one is. */
export function AppHeader() {
  const { t } = useTranslation()
  return (
    <header className="sticky top-0 z-30 flex h-12 items-center gap-1 border-b border-border bg-background px-4 sm:gap-2">
      <Link href="/" className="mr-1 flex items-center gap-2 font-semibold sm:mr-4" aria-label="Stillpoint">
        <Logo />
        <span className="max-sm:hidden">Stillpoint</span>
      </Link>
      <nav aria-label={t('nav.main')} className="flex gap-0.5 sm:gap-1">
        <NavLink href="/" pattern={/^\/(keys\/\d+)?$/} icon={<KeyRound aria-hidden />}>
          {t('nav.keys')}
        </NavLink>
        <NavLink href="/activity" pattern={/^\/activity$/} icon={<Activity aria-hidden />}>
          {t('nav.activity')}
        </NavLink>
        <NavLink href="/settings" pattern={/^\/settings$/} icon={<Settings aria-hidden />}>
          {t('nav.settings')}
        </NavLink>
      </nav>
      <span className="ml-auto flex items-center gap-1 sm:gap-2">
        <LiveSign />
        <Tooltip text={t('palette.title')}>
          <Button
            variant="ghost"
            size="icon"
            aria-label={t('palette.title')}
            aria-keyshortcuts="Control+k"
            className="max-sm:hidden"
            onClick={() => isPaletteOpen.set(true)}
          >
            <Search />
          </Button>
        </Tooltip>
        <LanguageSwitch />
        <ThemeMenu />
        <UserMenu />
      </span>
    </header>
  )
}

function NavLink({
  href,
  pattern,
  icon,
  children,
}: {
  href: string
  pattern: RegExp
  icon: ReactNode
  children: string
}) {
  const [isHere] = useRoute(pattern)
  return (
    <Link
      href={href}
      {...(isHere ? { 'aria-current': 'page' } : {})}
      aria-label={children}
      className={cn(
        'flex h-8 items-center gap-1.5 rounded-md px-2 text-sm hover:bg-muted max-sm:[&_svg]:size-4 sm:[&_svg]:hidden',
        isHere ? 'bg-muted font-medium' : 'text-muted-foreground hover:text-foreground',
      )}
    >
      {icon}
      <span className="max-sm:hidden">{children}</span>
    </Link>
  )
}

function LanguageSwitch() {
  const { t } = useTranslation()
  const present = useStore(language)
  const next = present === 'en' ? 'vi' : 'en'
  return (
    <Tooltip text={t('palette.language')}>
      <Button
        variant="ghost"
        size="sm"
        className="max-sm:hidden"
        aria-label={`${present.toUpperCase()}: ${t('palette.language')}`}
        onClick={() => language.set(next)}
      >
        <Languages aria-hidden />
        {present.toUpperCase()}
      </Button>
    </Tooltip>
  )
}

function ThemeMenu() {
  const { t } = useTranslation()
  const chosen = useStore(theme)
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label={t('settings.theme')}>
          {isDark() ? <Moon /> : <Sun />}
        </Button>
      }
    >
      <MenuChoice
        label={t('settings.theme')}
        value={chosen}
        choices={themes.map((value) => ({ value, label: t(`settings.themes.${value}`) }))}
        onChange={(value) => theme.set(value)}
      />
    </Menu>
  )
}

function UserMenu() {
  const { t } = useTranslation()
  const { data: me } = useQuery(meQuery)
  const { data: system } = useQuery(systemQuery)
  const signOut = useSignOut(useQueryClient())
  const present = useStore(language)
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="sm" aria-label={t('nav.account', { name: me?.username })}>
          <CircleUser aria-hidden />
          <span className="max-w-28 truncate max-sm:hidden">{me?.username}</span>
          <ChevronDown aria-hidden />
        </Button>
      }
    >
      <MenuItem onSelect={() => openDialog.set({ kind: 'password', isOffer: false })}>
        <KeyRound aria-hidden />
        {t('account.changePassword')}
      </MenuItem>
      <MenuItem asChild>
        <a href="/docs" target="_blank" rel="noreferrer">
          <Search aria-hidden />
          {t('nav.api')}
        </a>
      </MenuItem>
      <MenuItem onSelect={() => language.set(present === 'en' ? 'vi' : 'en')}>
        <Languages aria-hidden />
        {t('palette.language')}
      </MenuItem>
      <MenuSeparator />
      <MenuItem onSelect={() => void signOut()}>
        <LogOut aria-hidden />
        {t('nav.signOut')}
      </MenuItem>
      {system ? <p className="px-2 pt-1 pb-1.5 text-xs text-muted-foreground">Stillpoint {system.version}</p> : null}
    </Menu>
  )
}
