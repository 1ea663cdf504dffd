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

#define CONSTANTS \
	MOVOU lows<>(SB), X13   \
	MOVOU highs<>(SB), X14  \
	MOVOU halves<>(SB), X15 \
	MOVOU space<>(SB), X12  \
	PXOR  X6, X6            \
	PXOR  X7, X7

// CLASSES looks at the 16 characters in X0. It adds their classes to X7, and to X6
// a mask of those that are spaces. It leaves in AX which have no class, in BX which
// are no part of a word, and in DX which are digits.
#define CLASSES \
	MOVO     X0, X1  \
	PCMPEQB  X12, X1 \
	POR      X1, X6  \
	MOVO     X0, X1  \
	PSRLW    $4, X1  \
	PAND     X15, X1 \
	PAND     X15, X0 \
	MOVO     X13, X2 \
	PSHUFB   X0, X2  \
	MOVO     X14, X3 \
	PSHUFB   X1, X3  \
	PAND     X3, X2  \
	POR      X2, X7  \
	PXOR     X4, X4  \
	PCMPEQB  X2, X4  \
	PMOVMSKB X4, AX  \
	MOVO     X12, X5 \
	PMAXUB   X2, X5  \
	PCMPEQB  X2, X5  \
	PMOVMSKB X5, BX  \
	PSLLW    $7, X2  \
	PMOVMSKB X2, DX

// func lookAt(text *byte, n int) (kinds, other, ends, digits uint64)
//
// It takes 4 to 64 characters. Those of less than 16 are put together from two
// pieces, which overlap, and of more the last 16 may overlap with those before.
TEXT ·lookAt(SB), NOSPLIT, $0-48
	MOVQ text+0(FP), SI
	MOVQ n+8(FP), DI
	CONSTANTS
	CMPQ DI, $16
	JLT  short
	SUBQ $16, DI
	XORQ CX, CX
	XORQ R8, R8
	XORQ R9, R9
	XORQ R10, R10

loop:
	MOVOU (SI)(CX*1), X0
	CLASSES
	SHLQ    CX, AX
	SHLQ    CX, BX
	SHLQ    CX, DX
	ORQ     AX, R8
	ORQ     BX, R9
	ORQ     DX, R10
	CMPQ    CX, DI
	JEQ     done
	ADDQ    $16, CX
	CMPQ    CX, DI
	CMOVQGT DI, CX
	JMP     loop

short:
	CMPQ       DI, $8
	JLT        shorter
	MOVQ       (SI), X0
	MOVQ       -8(SI)(DI*1), R8
	MOVQ       $16, CX
	SUBQ       DI, CX
	SHLQ       $3, CX
	SHRQ       CX, R8            // A shift of 64, for 8 characters, is one of 0:
	MOVQ       R8, X1            // they are there twice then,
	PUNPCKLQDQ X1, X0
	JMP        once

shorter:
	MOVL (SI), R8
	MOVL -4(SI)(DI*1), R9
	LEAQ -4(DI), CX
	SHLQ $3, CX
	SHLQ CX, R9
	ORQ  R9, R8
	MOVQ R8, X0

once:
	CLASSES
	MOVQ $1, R11
	MOVQ DI, CX
	SHLQ CX, R11
	DECQ R11
	MOVQ AX, R8
	ANDQ R11, R8                 // and what is behind them does not count.
	MOVQ BX, R9
	ANDQ R11, R9
	MOVQ DX, R10
	ANDQ R11, R10

done:
	MOVOU  last<>(SB), X1
	PAND   X1, X6
	PANDN  X7, X1
	POR    X1, X6
	PSHUFD $0xee, X6, X7
	POR    X6, X7
	MOVQ   X7, kinds+16(FP)
	MOVQ   R8, other+24(FP)
	MOVQ   R9, ends+32(FP)
	MOVQ   R10, digits+40(FP)
	RET

// func hasPSHUFB() bool
TEXT ·hasPSHUFB(SB), NOSPLIT, $0-1
	MOVL $1, AX
	XORL CX, CX
	CPUID
	SHRL $9, CX // SSSE3
	ANDL $1, CX
	MOVB CX, ret+0(FP)
	RET
