//go:build !purego

#include "textflag.h"

// Classes of characters, as bits of a byte: lows has for each lower half of a
// character the classes that it may be in, and highs for each upper half.
//
//	1 digits, 2 A-O, 4 P-Z, 8 _, 16 -, 32 . and comma, 64 /, 128 space and @
DATA lows<>+0(SB)/8, $0x0707070707070785
DATA lows<>+8(SB)/8, $0x4a22122202060707
GLOBL lows<>(SB), RODATA|NOPTR, $16

DATA highs<>+0(SB)/8, $0x04020c8201f00000
DATA highs<>+8(SB)/8, $0
GLOBL highs<>(SB), RODATA|NOPTR, $16

// The lower half of a byte.
DATA halves<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA halves<>+8(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL halves<>(SB), RODATA|NOPTR, $16

// A space, and the lowest of the classes that end words.
DATA space<>+0(SB)/8, $0x2020202020202020
DATA space<>+8(SB)/8, $0x2020202020202020
GLOBL space<>(SB), RODATA|NOPTR, $16

// The last class.
DATA last<>+0(SB)/8, $0x8080808080808080
DATA last<>+8(SB)/8, $0x8080808080808080
GLOBL last<>(SB), RODATA|NOPTR, $16

// CLASSES looks at the 16 characters in X0. It adds their classes to X7, and to X6
// a mask of those that are spaces. It leaves in AX which have no class, in BX which
// are no part of a word, and in DX which are digits.
#define CLASSES \
	MOVO    X0, X1       \
	PCMPEQB X12, X1      \
	POR     X1, X6       \
	MOVO    X0, X1       \
	PSRLW   $4, X1       \
	PAND    X15, X1      \
	PAND    X15, X0      \
	MOVO    X13, X2      \
	PSHUFB  X0, X2       \
	MOVO    X14, X3      \
	PSHUFB  X1, X3       \
	PAND    X3, X2       \
	POR     X2, X7       \
	PXOR    X4, X4       \
	PCMPEQB X2, X4       \
	PMOVMSKB X4, AX      \
	MOVO    X12, X5      \
	PMAXUB  X2, X5       \
	PCMPEQB X2, X5       \
	PMOVMSKB X5, BX      \
	PSLLW   $7, X2       \
	PMOVMSKB X2, DX

#define CONSTANTS \
	MOVOU lows<>(SB), X13    \
	MOVOU highs<>(SB), X14   \
	MOVOU halves<>(SB), X15  \
	MOVOU space<>(SB), X12  \
	PXOR  X6, X6             \
	PXOR  X7, X7

// KINDS leaves in the lower half of X7 the classes, with spaces alone in the last.
#define KINDS \
	MOVOU    last<>(SB), X1 \
	PAND     X1, X6           \
	PANDN    X7, X1           \
	POR      X1, X6           \
	PSHUFD   $0xee, X6, X7    \
	POR      X6, X7

// func look16(lo, hi uint64) (kinds, other, ends, digits uint64)
// It looks at 16 characters.
TEXT ·look16(SB), NOSPLIT, $0-48
	MOVQ lo+0(FP), X0
	MOVQ hi+8(FP), X1
	PUNPCKLQDQ X1, X0
	CONSTANTS
	CLASSES
	KINDS
	MOVQ X7, kinds+16(FP)
	MOVQ AX, other+24(FP)
	MOVQ BX, ends+32(FP)
	MOVQ DX, digits+40(FP)
	RET

// func look64(text *byte, n int) (kinds, other, ends, digits uint64)
// It looks at n characters, of 16 to 64: the last 16 may overlap with those before.
TEXT ·look64(SB), NOSPLIT, $0-48
	MOVQ text+0(FP), SI
	MOVQ n+8(FP), DI
	SUBQ $16, DI
	XORQ CX, CX
	XORQ R8, R8
	XORQ R9, R9
	XORQ R10, R10
	CONSTANTS

loop:
	MOVOU (SI)(CX*1), X0
	CLASSES
	SHLQ CX, AX
	SHLQ CX, BX
	SHLQ CX, DX
	ORQ  AX, R8
	ORQ  BX, R9
	ORQ  DX, R10
	CMPQ CX, DI
	JEQ  done
	ADDQ $16, CX
	CMPQ CX, DI
	CMOVQGT DI, CX
	JMP  loop

done:
	KINDS
	MOVQ X7, kinds+16(FP)
	MOVQ R8, other+24(FP)
	MOVQ R9, ends+32(FP)
	MOVQ R10, digits+40(FP)
	RET
