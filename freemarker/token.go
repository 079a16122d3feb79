package freemarker

// The tokens of the template language.

type tokenKind uint8

const (
	tEOF tokenKind = iota

	// Text and interpolations.
	tText // white space, words, and text that only resembles a tag
	tTextSpace
	tDollarOpen // ${
	tHashOpen   // #{

	// Start tags. Those that take parameters end with one blank.
	tAttempt
	tRecover
	tIf
	tElseIf
	tList
	tItems
	tSep
	tForeach
	tSwitch
	tCase
	tAssign
	tGlobal
	tLocal
	tInclude
	tImport
	tFunction
	tMacro
	tTransform
	tVisit
	tStop
	tReturn
	tCall
	tSetting
	tOutputFormat
	tAutoEsc
	tNoAutoEsc
	tCompress
	tComment
	tTerseComment
	tNoParse
	tElse
	tBreak
	tContinue
	tSimpleReturn
	tHalt
	tFlush
	tTrim
	tLTrim
	tRTrim
	tNoTrim
	tDefault
	tSimpleNested
	tNested
	tSimpleRecurse
	tRecurse
	tFallback
	tEscape
	tNoEscape
	tUnifiedCall
	tFTLHeader
	tTrivialFTLHeader
	tUnknownDirective

	// End tags.
	tEndIf
	tEndList
	tEndItems
	tEndSep
	tEndRecover
	tEndAttempt
	tEndForeach
	tEndLocal
	tEndGlobal
	tEndAssign
	tEndFunction
	tEndMacro
	tEndOutputFormat
	tEndAutoEsc
	tEndNoAutoEsc
	tEndCompress
	tEndTransform
	tEndSwitch
	tEndEscape
	tEndNoEscape
	tUnifiedCallEnd

	// Expressions.
	tString
	tRawString
	tFalse
	tTrue
	tInteger
	tDecimal
	tDot
	tDotDot
	tDotDotLess
	tDotDotAsterisk
	tBuiltIn
	tExists
	tEquals
	tDoubleEquals
	tNotEquals
	tPlusEquals
	tMinusEquals
	tTimesEquals
	tDivEquals
	tModEquals
	tPlusPlus
	tMinusMinus
	tLess
	tLessEquals
	tEscapedGT
	tEscapedGTE
	tLambdaArrow
	tPlus
	tMinus
	tTimes
	tDoubleStar
	tEllipsis
	tDivide
	tPercent
	tAnd
	tOr
	tExclam
	tComma
	tSemicolon
	tColon
	tOpenBracket
	tCloseBracket
	tOpenParen
	tCloseParen
	tOpenCurly
	tCloseCurly
	tIn
	tAs
	tUsing
	tID
	tDirectiveEnd
	tEmptyDirectiveEnd
	tNaturalGT
	tNaturalGTE
	tTerminatingSpace
	tTerminatingExclam

	// Inside comments and noparse.
	tUnparsed    // a piece of it
	tUnparsedEnd // the tag that ends it
)

// token is a token of the source. Its text is source[start:end], except that
// the name of an identifier has no backslashes; see image. The struct is small
// enough for the compiler to keep it in registers.
type token struct {
	pos
	extent
	kind tokenKind
	has  traits // set for a tString
}

// traits are properties of a token's text that need special treatment.
type traits uint8

const (
	hasSpecial traits = 1 << iota // bytes for which special is true
	hasEscape                     // a backslash
	hasBrace                      // {, so that there may be an interpolation
)

// extent is the position of a token in the source, and the line on which it
// ends.
type extent struct{ endLine, start, end int32 }

// convention is a naming convention: how the names of directives, built-ins
// and settings are written.
type convention uint8

const (
	anyConvention convention = iota
	legacyConvention
	camelConvention
)

// tagShape is what may follow the name in a start tag.
type tagShape uint8

const (
	shapeBlank tagShape = iota // parameters: a blank must follow
	shapeClose                 // no parameters: > or ] must follow
	shapeLoose                 // no parameters: >, />, ] or /] must follow
	shapeBoth                  // shapeLoose if it fits, else shapeBlank
	shapeItems                 // a blank, "as" and another blank must follow
)

// tagInfo describes a directive's start tag.
type tagInfo struct {
	kind, loose tokenKind // loose is the kind without parameters for shapeBoth
	shape       tagShape
	end         tokenKind // the kind of the end tag, 0 if there is none
	conv        convention
}

// tags holds all directives by name. The camel case names come in pairs with
// the legacy ones.
var tags = map[string]tagInfo{
	"attempt":      {kind: tAttempt, shape: shapeClose, end: tEndAttempt},
	"recover":      {kind: tRecover, shape: shapeClose, end: tEndRecover},
	"if":           {kind: tIf, end: tEndIf},
	"elseif":       {kind: tElseIf, conv: legacyConvention},
	"elseIf":       {kind: tElseIf, conv: camelConvention},
	"list":         {kind: tList, end: tEndList},
	"items":        {kind: tItems, shape: shapeItems, end: tEndItems},
	"sep":          {kind: tSep, shape: shapeClose, end: tEndSep},
	"foreach":      {kind: tForeach, end: tEndForeach, conv: legacyConvention},
	"forEach":      {kind: tForeach, end: tEndForeach, conv: camelConvention},
	"switch":       {kind: tSwitch, end: tEndSwitch},
	"case":         {kind: tCase},
	"assign":       {kind: tAssign, end: tEndAssign},
	"global":       {kind: tGlobal, end: tEndGlobal},
	"local":        {kind: tLocal, end: tEndLocal},
	"include":      {kind: tInclude},
	"import":       {kind: tImport},
	"function":     {kind: tFunction, end: tEndFunction},
	"macro":        {kind: tMacro, end: tEndMacro},
	"transform":    {kind: tTransform, end: tEndTransform},
	"visit":        {kind: tVisit},
	"stop":         {kind: tStop, loose: tHalt, shape: shapeBoth},
	"return":       {kind: tReturn, loose: tSimpleReturn, shape: shapeBoth},
	"call":         {kind: tCall},
	"setting":      {kind: tSetting},
	"outputformat": {kind: tOutputFormat, end: tEndOutputFormat, conv: legacyConvention},
	"outputFormat": {kind: tOutputFormat, end: tEndOutputFormat, conv: camelConvention},
	"autoesc":      {kind: tAutoEsc, shape: shapeClose, end: tEndAutoEsc, conv: legacyConvention},
	"autoEsc":      {kind: tAutoEsc, shape: shapeClose, end: tEndAutoEsc, conv: camelConvention},
	"noautoesc":    {kind: tNoAutoEsc, shape: shapeClose, end: tEndNoAutoEsc, conv: legacyConvention},
	"noAutoEsc":    {kind: tNoAutoEsc, shape: shapeClose, end: tEndNoAutoEsc, conv: camelConvention},
	"compress":     {kind: tCompress, shape: shapeClose, end: tEndCompress},
	"comment":      {kind: tComment, shape: shapeClose},
	"noparse":      {kind: tNoParse, shape: shapeClose, conv: legacyConvention},
	"noParse":      {kind: tNoParse, shape: shapeClose, conv: camelConvention},
	"else":         {kind: tElse, shape: shapeLoose},
	"break":        {kind: tBreak, shape: shapeLoose},
	"continue":     {kind: tContinue, shape: shapeLoose},
	"flush":        {kind: tFlush, shape: shapeLoose},
	"t":            {kind: tTrim, shape: shapeLoose},
	"lt":           {kind: tLTrim, shape: shapeLoose},
	"rt":           {kind: tRTrim, shape: shapeLoose},
	"nt":           {kind: tNoTrim, shape: shapeLoose},
	"default":      {kind: tDefault, shape: shapeClose},
	"nested":       {kind: tNested, loose: tSimpleNested, shape: shapeBoth},
	"recurse":      {kind: tRecurse, loose: tSimpleRecurse, shape: shapeBoth},
	"fallback":     {kind: tFallback, shape: shapeLoose},
	"escape":       {kind: tEscape, end: tEndEscape},
	"noescape":     {kind: tNoEscape, shape: shapeClose, end: tEndNoEscape, conv: legacyConvention},
	"noEscape":     {kind: tNoEscape, shape: shapeClose, end: tEndNoEscape, conv: camelConvention},
}
