/** Controls and words for screens, shells and plugins alike. Knows nothing of the platform. */
export { AppFrame, AppHeader, Page, Sidebar, SidebarGroup, SidebarLink, StatusBar } from './app-frame.tsx'
export { Button, type ButtonProps, type ButtonTone } from './button.tsx'
export { ButtonLink } from './button-link.tsx'
export { Card, type CardProps } from './card.tsx'
export { Checkbox } from './checkbox.tsx'
export { ConfirmDialog, type ConfirmDialogProps } from './confirm-dialog.tsx'
export { CopyButton } from './copy-button.tsx'
export { CopyField } from './copy-field.tsx'
export { createNow } from './create-now.ts'
export { type Column, DataTable, type DataTableProps } from './data-table.tsx'
export { Dialog, type DialogProps } from './dialog.tsx'
export { EmptyState } from './empty-state.tsx'
export { ErrorPanel, type ErrorPanelProps } from './error-panel.tsx'
export { Fact, FactList } from './fact-list.tsx'
export { Figure, Figures } from './figures.tsx'
export { ForRows } from './for-rows.tsx'
export {
  formatAge,
  formatBytes,
  formatCount,
  formatInstant,
  formatLength,
  formatMoment,
  formatPlural,
  formatPosition,
  formatRate,
  formatShortLength,
  formatTimeLeft,
} from './format.ts'
export { IconButton, type IconButtonProps, IconLink, type IconLinkProps } from './icon-button.tsx'
export { InlineNotice, type InlineNoticeProps, type NoticeTone } from './inline-notice.tsx'
export { JsonView } from './json-view.tsx'
export { LinkTabs } from './link-tabs.tsx'
export { List, ListRow, type ListRowProps } from './list.tsx'
export { type Freshness, LiveView } from './live-view.tsx'
export { Loading, Skeleton } from './loading.tsx'
export { Moment } from './moment.tsx'
export { NumberInput, type NumberInputProps, parseTypedNumber } from './number-input.tsx'
export { PageTitle } from './page-title.tsx'
export { Progress, type ProgressProps } from './progress.tsx'
export { RangeInput } from './range-input.tsx'
export { type Marks, RecordMarks } from './record-marks.tsx'
export { RelativeTime } from './relative-time.tsx'
export { SelectInput, type SelectInputProps } from './select-input.tsx'
export { type Sorting, sortRows } from './sort-rows.ts'
export { Sparkline, type SparklineProps } from './sparkline.tsx'
export { Badge, StatusPill, type StatusPillProps, type StatusTone } from './status-pill.tsx'
export { type Step, Steps } from './steps.tsx'
export { SvgIcon, type SvgIconProps } from './svg-icon.tsx'
export { TextArea, type TextAreaProps } from './text-area.tsx'
export { TextInput, type TextInputProps } from './text-input.tsx'
export { setTheme, type Theme, theme } from './theme.ts'
export { ThemeSwitch } from './theme-switch.tsx'
export { MaskedIcon, Tile, type TileProps } from './tile.tsx'
export { dismissToast, showToast, type Toast, ToastRegion } from './toast.tsx'
export { SkipLink, VisuallyHidden } from './visually-hidden.tsx'
export { whenIdle } from './when-idle.ts'
