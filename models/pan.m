#define rand	pan_rand
#define pthread_equal(a,b)	((a)==(b))
#if defined(HAS_CODE) && defined(VERBOSE)
	#ifdef BFS_PAR
		bfs_printf("Pr: %d Tr: %d\n", II, t->forw);
	#else
		cpu_printf("Pr: %d Tr: %d\n", II, t->forw);
	#endif
#endif
	switch (t->forw) {
	default: Uerror("bad forward move");
	case 0:	/* if without executable clauses */
		continue;
	case 1: /* generic 'goto' or 'skip' */
		IfNotBlocked
		_m = 3; goto P999;
	case 2: /* generic 'else' */
		IfNotBlocked
		if (trpt->o_pm&1) continue;
		_m = 3; goto P999;

		 /* PROC network */
	case 3: // STATE 1 - /work/wt/beacon/models/simplex.pml:163 - [v = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[0][1] = 1;
		(trpt+1)->bup.oval = ((int)((P0 *)_this)->v);
		((P0 *)_this)->v = 0;
#ifdef VAR_RANGES
		logval("network:v", ((int)((P0 *)_this)->v));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 4: // STATE 4 - /work/wt/beacon/models/simplex.pml:163 - [goto :b1] (0:12:1 - 1)
		IfNotBlocked
		reached[0][4] = 1;
		;
		/* merge: c = 0(12, 8, 12) */
		reached[0][8] = 1;
		(trpt+1)->bup.oval = ((int)((P0 *)_this)->c);
		((P0 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("network:c", ((int)((P0 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 13, 12) */
		reached[0][13] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 5: // STATE 2 - /work/wt/beacon/models/simplex.pml:163 - [((v<(3-1)))] (5:0:1 - 1)
		IfNotBlocked
		reached[0][2] = 1;
		if (!((((int)((P0 *)_this)->v)<(3-1))))
			continue;
		/* merge: v = (v+1)(0, 3, 5) */
		reached[0][3] = 1;
		(trpt+1)->bup.oval = ((int)((P0 *)_this)->v);
		((P0 *)_this)->v = (((int)((P0 *)_this)->v)+1);
#ifdef VAR_RANGES
		logval("network:v", ((int)((P0 *)_this)->v));
#endif
		;
		/* merge: .(goto)(0, 6, 5) */
		reached[0][6] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 6: // STATE 8 - /work/wt/beacon/models/simplex.pml:164 - [c = 0] (0:12:1 - 2)
		IfNotBlocked
		reached[0][8] = 1;
		(trpt+1)->bup.oval = ((int)((P0 *)_this)->c);
		((P0 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("network:c", ((int)((P0 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 13, 12) */
		reached[0][13] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 7: // STATE 9 - /work/wt/beacon/models/simplex.pml:164 - [((c<((2+(3*1))-1)))] (12:0:1 - 1)
		IfNotBlocked
		reached[0][9] = 1;
		if (!((((int)((P0 *)_this)->c)<((2+(3*1))-1))))
			continue;
		/* merge: c = (c+1)(0, 10, 12) */
		reached[0][10] = 1;
		(trpt+1)->bup.oval = ((int)((P0 *)_this)->c);
		((P0 *)_this)->c = (((int)((P0 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("network:c", ((int)((P0 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 13, 12) */
		reached[0][13] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 8: // STATE 15 - /work/wt/beacon/models/simplex.pml:166 - [(((((notar[v]&( ((( ((c<2)) -> (0) : (( ((c<(2+(3*1)))) -> (1) : (2) )) )==0)) -> (((1<<2)-1)) : (( ((( ((c<2)) -> (0) : (( ((c<(2+(3*1)))) -> (1) : (2) )) )==1)) -> (((1<<(2+(3*1)))-(1<<2))) : (~(((1<<(2+(3*1)))-1))) )) ))==0)&&((( ((c<2)) -> (31) : (( ((c<(2+(3*1)))) -> (( ((((c-2)/1)==0)) -> (31) : ((((c-2)/1)-1)) )) : (( (((c-(2+(3*1)))==0)) -> (31) : (((c-(2+(3*1)))-1)) )) )) )==31)||((notarised>>( ((c<2)) -> (31) : (( ((c<(2+(3*1)))) -> (( ((((c-2)/1)==0)) -> (31) : ((((c-2)/1)-1)) )) : (( (((c-(2+(3*1)))==0)) -> (31) : (((c-(2+(3*1)))-1)) )) )) ))&1)))&&((skipped&((1<<( ((c<2)) -> (0) : (( ((c<(2+(3*1)))) -> (1) : (2) )) ))-(1<<( ((( ((c<2)) -> (31) : (( ((c<(2+(3*1)))) -> (( ((((c-2)/1)==0)) -> (31) : ((((c-2)/1)-1)) )) : (( (((c-(2+(3*1)))==0)) -> (31) : (((c-(2+(3*1)))-1)) )) )) )==31)) -> (0) : ((( ((( ((c<2)) -> (31) : (( ((c<(2+(3*1)))) -> (( ((((c-2)/1)==0)) -> (31) : ((((c-2)/1)-1)) )) : (( (((c-(2+(3*1)))==0)) -> (31) : (((c-(2+(3*1)))-1)) )) )) )<2)) -> (0) : (( ((( ((c<2)) -> (31) : (( ((c<(2+(3*1)))) -> (( ((((c-2)/1)==0)) -> (31) : ((((c-2)/1)-1)) )) : (( (((c-(2+(3*1)))==0)) -> (31) : (((c-(2+(3*1)))-1)) )) )) )<(2+(3*1)))) -> (1) : (2) )) )+1)) ))))==((1<<( ((c<2)) -> (0) : (( ((c<(2+(3*1)))) -> (1) : (2) )) ))-(1<<( ((( ((c<2)) -> (31) : (( ((c<(2+(3*1)))) -> (( ((((c-2)/1)==0)) -> (31) : ((((c-2)/1)-1)) )) : (( (((c-(2+(3*1)))==0)) -> (31) : (((c-(2+(3*1)))-1)) )) )) )==31)) -> (0) : ((( ((( ((c<2)) -> (31) : (( ((c<(2+(3*1)))) -> (( ((((c-2)/1)==0)) -> (31) : ((((c-2)/1)-1)) )) : (( (((c-(2+(3*1)))==0)) -> (31) : (((c-(2+(3*1)))-1)) )) )) )<2)) -> (0) : (( ((( ((c<2)) -> (31) : (( ((c<(2+(3*1)))) -> (( ((((c-2)/1)==0)) -> (31) : ((((c-2)/1)-1)) )) : (( (((c-(2+(3*1)))==0)) -> (31) : (((c-(2+(3*1)))-1)) )) )) )<(2+(3*1)))) -> (1) : (2) )) )+1)) ))))))] (157:0:1 - 1)
		IfNotBlocked
		reached[0][15] = 1;
		if (!(((((now.notar[ Index(((int)((P0 *)_this)->v), 3) ]&( ((( ((((int)((P0 *)_this)->c)<2)) ? (0) : (( ((((int)((P0 *)_this)->c)<(2+(3*1)))) ? (1) : (2) )) )==0)) ? (((1<<2)-1)) : (( ((( ((((int)((P0 *)_this)->c)<2)) ? (0) : (( ((((int)((P0 *)_this)->c)<(2+(3*1)))) ? (1) : (2) )) )==1)) ? (((1<<(2+(3*1)))-(1<<2))) : ( ~(((1<<(2+(3*1)))-1))) )) ))==0)&&((( ((((int)((P0 *)_this)->c)<2)) ? (31) : (( ((((int)((P0 *)_this)->c)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->c)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->c)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->c)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->c)-(2+(3*1)))-1)) )) )) )==31)||((now.notarised>>( ((((int)((P0 *)_this)->c)<2)) ? (31) : (( ((((int)((P0 *)_this)->c)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->c)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->c)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->c)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->c)-(2+(3*1)))-1)) )) )) ))&1)))&&((((int)now.skipped)&((1<<( ((((int)((P0 *)_this)->c)<2)) ? (0) : (( ((((int)((P0 *)_this)->c)<(2+(3*1)))) ? (1) : (2) )) ))-(1<<( ((( ((((int)((P0 *)_this)->c)<2)) ? (31) : (( ((((int)((P0 *)_this)->c)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->c)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->c)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->c)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->c)-(2+(3*1)))-1)) )) )) )==31)) ? (0) : ((( ((( ((((int)((P0 *)_this)->c)<2)) ? (31) : (( ((((int)((P0 *)_this)->c)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->c)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->c)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->c)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->c)-(2+(3*1)))-1)) )) )) )<2)) ? (0) : (( ((( ((((int)((P0 *)_this)->c)<2)) ? (31) : (( ((((int)((P0 *)_this)->c)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->c)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->c)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->c)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->c)-(2+(3*1)))-1)) )) )) )<(2+(3*1)))) ? (1) : (2) )) )+1)) ))))==((1<<( ((((int)((P0 *)_this)->c)<2)) ? (0) : (( ((((int)((P0 *)_this)->c)<(2+(3*1)))) ? (1) : (2) )) ))-(1<<( ((( ((((int)((P0 *)_this)->c)<2)) ? (31) : (( ((((int)((P0 *)_this)->c)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->c)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->c)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->c)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->c)-(2+(3*1)))-1)) )) )) )==31)) ? (0) : ((( ((( ((((int)((P0 *)_this)->c)<2)) ? (31) : (( ((((int)((P0 *)_this)->c)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->c)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->c)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->c)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->c)-(2+(3*1)))-1)) )) )) )<2)) ? (0) : (( ((( ((((int)((P0 *)_this)->c)<2)) ? (31) : (( ((((int)((P0 *)_this)->c)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->c)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->c)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->c)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->c)-(2+(3*1)))-1)) )) )) )<(2+(3*1)))) ? (1) : (2) )) )+1)) )))))))
			continue;
		/* merge: notar[v] = (notar[v]|(1<<c))(157, 16, 157) */
		reached[0][16] = 1;
		(trpt+1)->bup.oval = now.notar[ Index(((int)((P0 *)_this)->v), 3) ];
		now.notar[ Index(((P0 *)_this)->v, 3) ] = (now.notar[ Index(((int)((P0 *)_this)->v), 3) ]|(1<<((int)((P0 *)_this)->c)));
#ifdef VAR_RANGES
		logval("notar[network:v]", now.notar[ Index(((int)((P0 *)_this)->v), 3) ]);
#endif
		;
		/* merge: .(goto)(157, 23, 157) */
		reached[0][23] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 9: // STATE 23 - /work/wt/beacon/models/simplex.pml:171 - [.(goto)] (0:157:0 - 4)
		IfNotBlocked
		reached[0][23] = 1;
		;
		_m = 3; goto P999; /* 0 */
	case 10: // STATE 17 - /work/wt/beacon/models/simplex.pml:167 - [((((((notar[v]>>c)&1)&&((notarised>>c)&1))&&!(((skip_[v]>>( ((c<2)) -> (0) : (( ((c<(2+(3*1)))) -> (1) : (2) )) ))&1)))&&!(((final[v]>>c)&1))))] (157:0:1 - 1)
		IfNotBlocked
		reached[0][17] = 1;
		if (!((((((now.notar[ Index(((int)((P0 *)_this)->v), 3) ]>>((int)((P0 *)_this)->c))&1)&&((now.notarised>>((int)((P0 *)_this)->c))&1))&& !(((((int)now.skip_[ Index(((int)((P0 *)_this)->v), 3) ])>>( ((((int)((P0 *)_this)->c)<2)) ? (0) : (( ((((int)((P0 *)_this)->c)<(2+(3*1)))) ? (1) : (2) )) ))&1)))&& !(((now.final[ Index(((int)((P0 *)_this)->v), 3) ]>>((int)((P0 *)_this)->c))&1)))))
			continue;
		/* merge: final[v] = (final[v]|(1<<c))(157, 18, 157) */
		reached[0][18] = 1;
		(trpt+1)->bup.oval = now.final[ Index(((int)((P0 *)_this)->v), 3) ];
		now.final[ Index(((P0 *)_this)->v, 3) ] = (now.final[ Index(((int)((P0 *)_this)->v), 3) ]|(1<<((int)((P0 *)_this)->c)));
#ifdef VAR_RANGES
		logval("final[network:v]", now.final[ Index(((int)((P0 *)_this)->v), 3) ]);
#endif
		;
		/* merge: .(goto)(157, 23, 157) */
		reached[0][23] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 11: // STATE 19 - /work/wt/beacon/models/simplex.pml:168 - [(((c<2)&&(((final[v]&( ((c==0)) -> (((1<<2)-1)) : (( ((c==1)) -> (((1<<(2+(3*1)))-(1<<2))) : (~(((1<<(2+(3*1)))-1))) )) ))==0)&&!(((skip_[v]>>c)&1)))))] (157:0:1 - 1)
		IfNotBlocked
		reached[0][19] = 1;
		if (!(((((int)((P0 *)_this)->c)<2)&&(((now.final[ Index(((int)((P0 *)_this)->v), 3) ]&( ((((int)((P0 *)_this)->c)==0)) ? (((1<<2)-1)) : (( ((((int)((P0 *)_this)->c)==1)) ? (((1<<(2+(3*1)))-(1<<2))) : ( ~(((1<<(2+(3*1)))-1))) )) ))==0)&& !(((((int)now.skip_[ Index(((int)((P0 *)_this)->v), 3) ])>>((int)((P0 *)_this)->c))&1))))))
			continue;
		/* merge: skip_[v] = (skip_[v]|(1<<c))(157, 20, 157) */
		reached[0][20] = 1;
		(trpt+1)->bup.oval = ((int)now.skip_[ Index(((int)((P0 *)_this)->v), 3) ]);
		now.skip_[ Index(((P0 *)_this)->v, 3) ] = (((int)now.skip_[ Index(((int)((P0 *)_this)->v), 3) ])|(1<<((int)((P0 *)_this)->c)));
#ifdef VAR_RANGES
		logval("skip_[network:v]", ((int)now.skip_[ Index(((int)((P0 *)_this)->v), 3) ]));
#endif
		;
		/* merge: .(goto)(157, 23, 157) */
		reached[0][23] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 12: // STATE 157 - /work/wt/beacon/models/simplex.pml:171 - [D_STEP171]
		IfNotBlocked

		reached[0][157] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;


		reached[0][157] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		sv_save();
		S_048_0: /* 2 */
S_023_0: /* 2 */
		((P0 *)_this)->i = 1;
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
S_046_0: /* 2 */
S_045_0: /* 2 */
S_024_0: /* 2 */
		if (!((((int)((P0 *)_this)->i)<3)))
			goto S_045_1;
S_025_0: /* 2 */
		((P0 *)_this)->j = ((int)((P0 *)_this)->i);
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
S_040_0: /* 2 */
S_039_0: /* 2 */
S_026_0: /* 2 */
		if (!(((((int)((P0 *)_this)->j)>0)&&((now.notar[ Index(((int)((P0 *)_this)->j), 3) ]<now.notar[ Index((((int)((P0 *)_this)->j)-1), 3) ])||((now.notar[ Index(((int)((P0 *)_this)->j), 3) ]==now.notar[ Index((((int)((P0 *)_this)->j)-1), 3) ])&&((now.final[ Index(((int)((P0 *)_this)->j), 3) ]<now.final[ Index((((int)((P0 *)_this)->j)-1), 3) ])||((now.final[ Index(((int)((P0 *)_this)->j), 3) ]==now.final[ Index((((int)((P0 *)_this)->j)-1), 3) ])&&(((int)now.skip_[ Index(((int)((P0 *)_this)->j), 3) ])<((int)now.skip_[ Index((((int)((P0 *)_this)->j)-1), 3) ])))))))))
			goto S_039_1;
S_027_0: /* 2 */
		((P0 *)_this)->swap = now.notar[ Index(((int)((P0 *)_this)->j), 3) ];
#ifdef VAR_RANGES
		logval("network:swap", ((P0 *)_this)->swap);
#endif
		;
S_028_0: /* 2 */
		now.notar[ Index(((P0 *)_this)->j, 3) ] = now.notar[ Index((((int)((P0 *)_this)->j)-1), 3) ];
#ifdef VAR_RANGES
		logval("notar[network:j]", now.notar[ Index(((int)((P0 *)_this)->j), 3) ]);
#endif
		;
S_029_0: /* 2 */
		now.notar[ Index((((P0 *)_this)->j-1), 3) ] = ((P0 *)_this)->swap;
#ifdef VAR_RANGES
		logval("notar[(network:j-1)]", now.notar[ Index((((int)((P0 *)_this)->j)-1), 3) ]);
#endif
		;
S_030_0: /* 2 */
		((P0 *)_this)->swap = now.final[ Index(((int)((P0 *)_this)->j), 3) ];
#ifdef VAR_RANGES
		logval("network:swap", ((P0 *)_this)->swap);
#endif
		;
S_031_0: /* 2 */
		now.final[ Index(((P0 *)_this)->j, 3) ] = now.final[ Index((((int)((P0 *)_this)->j)-1), 3) ];
#ifdef VAR_RANGES
		logval("final[network:j]", now.final[ Index(((int)((P0 *)_this)->j), 3) ]);
#endif
		;
S_032_0: /* 2 */
		now.final[ Index((((P0 *)_this)->j-1), 3) ] = ((P0 *)_this)->swap;
#ifdef VAR_RANGES
		logval("final[(network:j-1)]", now.final[ Index((((int)((P0 *)_this)->j)-1), 3) ]);
#endif
		;
S_033_0: /* 2 */
		((P0 *)_this)->swap = ((int)now.skip_[ Index(((int)((P0 *)_this)->j), 3) ]);
#ifdef VAR_RANGES
		logval("network:swap", ((P0 *)_this)->swap);
#endif
		;
S_034_0: /* 2 */
		now.skip_[ Index(((P0 *)_this)->j, 3) ] = ((int)now.skip_[ Index((((int)((P0 *)_this)->j)-1), 3) ]);
#ifdef VAR_RANGES
		logval("skip_[network:j]", ((int)now.skip_[ Index(((int)((P0 *)_this)->j), 3) ]));
#endif
		;
S_035_0: /* 2 */
		now.skip_[ Index((((P0 *)_this)->j-1), 3) ] = ((P0 *)_this)->swap;
#ifdef VAR_RANGES
		logval("skip_[(network:j-1)]", ((int)now.skip_[ Index((((int)((P0 *)_this)->j)-1), 3) ]));
#endif
		;
S_036_0: /* 2 */
		((P0 *)_this)->j = (((int)((P0 *)_this)->j)-1);
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
		goto S_040_0; /* ';' */
S_039_1: /* 3 */
S_037_0: /* 2 */
		/* else */;
S_038_0: /* 2 */
		goto S_042_0;	/* 'goto' */
S_039_2: /* 3 */
		Uerror("blocking sel in d_step (nr.0, near line 99)");
S_041_0: /* 2 */
		goto S_042_0;	/* 'break' */
S_042_0: /* 2 */
		((P0 *)_this)->i = (((int)((P0 *)_this)->i)+1);
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
		goto S_046_0; /* ';' */
S_045_1: /* 3 */
S_043_0: /* 2 */
		/* else */;
S_044_0: /* 2 */
		goto S_072_0;	/* 'goto' */
S_045_2: /* 3 */
		Uerror("blocking sel in d_step (nr.1, near line 96)");
S_047_0: /* 2 */
		goto S_072_0;	/* 'break' */
		goto S_072_0;
S_072_0: /* 2 */
S_049_0: /* 2 */
		((P0 *)_this)->i = 0;
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
S_070_0: /* 2 */
S_069_0: /* 2 */
S_050_0: /* 2 */
		if (!((((int)((P0 *)_this)->i)<(2+(3*1)))))
			goto S_069_1;
S_051_0: /* 2 */
		((P0 *)_this)->swap = 0;
#ifdef VAR_RANGES
		logval("network:swap", ((P0 *)_this)->swap);
#endif
		;
S_052_0: /* 2 */
		((P0 *)_this)->j = 0;
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
S_059_0: /* 2 */
S_058_0: /* 2 */
S_053_0: /* 2 */
		if (!((((int)((P0 *)_this)->j)<3)))
			goto S_058_1;
S_054_0: /* 2 */
		((P0 *)_this)->swap = (((P0 *)_this)->swap+((now.notar[ Index(((int)((P0 *)_this)->j), 3) ]>>((int)((P0 *)_this)->i))&1));
#ifdef VAR_RANGES
		logval("network:swap", ((P0 *)_this)->swap);
#endif
		;
S_055_0: /* 2 */
		((P0 *)_this)->j = (((int)((P0 *)_this)->j)+1);
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
		goto S_059_0; /* ';' */
S_058_1: /* 3 */
S_056_0: /* 2 */
		/* else */;
S_057_0: /* 2 */
		goto S_064_0;	/* 'goto' */
S_058_2: /* 3 */
		Uerror("blocking sel in d_step (nr.2, near line 118)");
S_060_0: /* 2 */
		goto S_064_0;	/* 'break' */
S_064_0: /* 2 */
S_061_0: /* 2 */
		if (!((((P0 *)_this)->swap>=2)))
			goto S_064_1;
S_062_0: /* 2 */
		now.notarised = (now.notarised|(1<<((int)((P0 *)_this)->i)));
#ifdef VAR_RANGES
		logval("notarised", now.notarised);
#endif
		;
		goto S_065_0;
S_064_1: /* 3 */
S_063_0: /* 2 */
		/* else */;
		goto S_065_0;
S_064_2: /* 3 */
		Uerror("blocking sel in d_step (nr.3, near line 122)");
S_065_0: /* 2 */
S_066_0: /* 2 */
		((P0 *)_this)->i = (((int)((P0 *)_this)->i)+1);
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
		goto S_070_0; /* ';' */
S_069_1: /* 3 */
S_067_0: /* 2 */
		/* else */;
S_068_0: /* 2 */
		goto S_096_0;	/* 'goto' */
S_069_2: /* 3 */
		Uerror("blocking sel in d_step (nr.4, near line 115)");
S_071_0: /* 2 */
		goto S_096_0;	/* 'break' */
		goto S_096_0;
S_096_0: /* 2 */
S_073_0: /* 2 */
		((P0 *)_this)->i = 0;
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
S_094_0: /* 2 */
S_093_0: /* 2 */
S_074_0: /* 2 */
		if (!((((int)((P0 *)_this)->i)<(2+(3*1)))))
			goto S_093_1;
S_075_0: /* 2 */
		((P0 *)_this)->swap = 0;
#ifdef VAR_RANGES
		logval("network:swap", ((P0 *)_this)->swap);
#endif
		;
S_076_0: /* 2 */
		((P0 *)_this)->j = 0;
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
S_083_0: /* 2 */
S_082_0: /* 2 */
S_077_0: /* 2 */
		if (!((((int)((P0 *)_this)->j)<3)))
			goto S_082_1;
S_078_0: /* 2 */
		((P0 *)_this)->swap = (((P0 *)_this)->swap+((now.final[ Index(((int)((P0 *)_this)->j), 3) ]>>((int)((P0 *)_this)->i))&1));
#ifdef VAR_RANGES
		logval("network:swap", ((P0 *)_this)->swap);
#endif
		;
S_079_0: /* 2 */
		((P0 *)_this)->j = (((int)((P0 *)_this)->j)+1);
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
		goto S_083_0; /* ';' */
S_082_1: /* 3 */
S_080_0: /* 2 */
		/* else */;
S_081_0: /* 2 */
		goto S_088_0;	/* 'goto' */
S_082_2: /* 3 */
		Uerror("blocking sel in d_step (nr.5, near line 118)");
S_084_0: /* 2 */
		goto S_088_0;	/* 'break' */
S_088_0: /* 2 */
S_085_0: /* 2 */
		if (!((((P0 *)_this)->swap>=2)))
			goto S_088_1;
S_086_0: /* 2 */
		now.finalised = (now.finalised|(1<<((int)((P0 *)_this)->i)));
#ifdef VAR_RANGES
		logval("finalised", now.finalised);
#endif
		;
		goto S_089_0;
S_088_1: /* 3 */
S_087_0: /* 2 */
		/* else */;
		goto S_089_0;
S_088_2: /* 3 */
		Uerror("blocking sel in d_step (nr.6, near line 122)");
S_089_0: /* 2 */
S_090_0: /* 2 */
		((P0 *)_this)->i = (((int)((P0 *)_this)->i)+1);
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
		goto S_094_0; /* ';' */
S_093_1: /* 3 */
S_091_0: /* 2 */
		/* else */;
S_092_0: /* 2 */
		goto S_120_0;	/* 'goto' */
S_093_2: /* 3 */
		Uerror("blocking sel in d_step (nr.7, near line 115)");
S_095_0: /* 2 */
		goto S_120_0;	/* 'break' */
		goto S_120_0;
S_120_0: /* 2 */
S_097_0: /* 2 */
		((P0 *)_this)->i = 0;
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
S_118_0: /* 2 */
S_117_0: /* 2 */
S_098_0: /* 2 */
		if (!((((int)((P0 *)_this)->i)<2)))
			goto S_117_1;
S_099_0: /* 2 */
		((P0 *)_this)->swap = 0;
#ifdef VAR_RANGES
		logval("network:swap", ((P0 *)_this)->swap);
#endif
		;
S_100_0: /* 2 */
		((P0 *)_this)->j = 0;
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
S_107_0: /* 2 */
S_106_0: /* 2 */
S_101_0: /* 2 */
		if (!((((int)((P0 *)_this)->j)<3)))
			goto S_106_1;
S_102_0: /* 2 */
		((P0 *)_this)->swap = (((P0 *)_this)->swap+((((int)now.skip_[ Index(((int)((P0 *)_this)->j), 3) ])>>((int)((P0 *)_this)->i))&1));
#ifdef VAR_RANGES
		logval("network:swap", ((P0 *)_this)->swap);
#endif
		;
S_103_0: /* 2 */
		((P0 *)_this)->j = (((int)((P0 *)_this)->j)+1);
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
		goto S_107_0; /* ';' */
S_106_1: /* 3 */
S_104_0: /* 2 */
		/* else */;
S_105_0: /* 2 */
		goto S_112_0;	/* 'goto' */
S_106_2: /* 3 */
		Uerror("blocking sel in d_step (nr.8, near line 118)");
S_108_0: /* 2 */
		goto S_112_0;	/* 'break' */
S_112_0: /* 2 */
S_109_0: /* 2 */
		if (!((((P0 *)_this)->swap>=2)))
			goto S_112_1;
S_110_0: /* 2 */
		now.skipped = (((int)now.skipped)|(1<<((int)((P0 *)_this)->i)));
#ifdef VAR_RANGES
		logval("skipped", ((int)now.skipped));
#endif
		;
		goto S_113_0;
S_112_1: /* 3 */
S_111_0: /* 2 */
		/* else */;
		goto S_113_0;
S_112_2: /* 3 */
		Uerror("blocking sel in d_step (nr.9, near line 122)");
S_113_0: /* 2 */
S_114_0: /* 2 */
		((P0 *)_this)->i = (((int)((P0 *)_this)->i)+1);
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
		goto S_118_0; /* ';' */
S_117_1: /* 3 */
S_115_0: /* 2 */
		/* else */;
S_116_0: /* 2 */
		goto S_150_0;	/* 'goto' */
S_117_2: /* 3 */
		Uerror("blocking sel in d_step (nr.10, near line 115)");
S_119_0: /* 2 */
		goto S_150_0;	/* 'break' */
		goto S_150_0;
S_150_0: /* 2 */
S_121_0: /* 2 */
		((P0 *)_this)->i = 0;
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
S_148_0: /* 2 */
S_147_0: /* 2 */
S_122_0: /* 2 */
		if (!((((int)((P0 *)_this)->i)<(2+(3*1)))))
			goto S_147_1;
S_123_0: /* 2 */
		((P0 *)_this)->j = 0;
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
S_142_0: /* 2 */
S_141_0: /* 2 */
S_124_0: /* 2 */
		if (!((((int)((P0 *)_this)->j)<(2+(3*1)))))
			goto S_141_1;
S_136_0: /* 2 */
S_125_0: /* 2 */
		if (!(((((now.finalised>>((int)((P0 *)_this)->i))&1)&&((now.finalised>>((int)((P0 *)_this)->j))&1))&&(( ((((int)((P0 *)_this)->i)<2)) ? (0) : (( ((((int)((P0 *)_this)->i)<(2+(3*1)))) ? (1) : (2) )) )<=( ((((int)((P0 *)_this)->j)<2)) ? (0) : (( ((((int)((P0 *)_this)->j)<(2+(3*1)))) ? (1) : (2) )) )))))
			goto S_136_1;
S_126_0: /* 2 */
		((P0 *)_this)->swap = ((int)((P0 *)_this)->j);
#ifdef VAR_RANGES
		logval("network:swap", ((P0 *)_this)->swap);
#endif
		;
S_132_0: /* 2 */
S_131_0: /* 2 */
S_127_0: /* 2 */
		if (!(((((P0 *)_this)->swap!=31)&&(( ((((P0 *)_this)->swap<2)) ? (0) : (( ((((P0 *)_this)->swap<(2+(3*1)))) ? (1) : (2) )) )>( ((((int)((P0 *)_this)->i)<2)) ? (0) : (( ((((int)((P0 *)_this)->i)<(2+(3*1)))) ? (1) : (2) )) )))))
			goto S_131_1;
S_128_0: /* 2 */
		((P0 *)_this)->swap = ( ((((P0 *)_this)->swap<2)) ? (31) : (( ((((P0 *)_this)->swap<(2+(3*1)))) ? (( ((((((P0 *)_this)->swap-2)/1)==0)) ? (31) : ((((((P0 *)_this)->swap-2)/1)-1)) )) : (( (((((P0 *)_this)->swap-(2+(3*1)))==0)) ? (31) : (((((P0 *)_this)->swap-(2+(3*1)))-1)) )) )) );
#ifdef VAR_RANGES
		logval("network:swap", ((P0 *)_this)->swap);
#endif
		;
		goto S_132_0; /* ';' */
S_131_1: /* 3 */
S_129_0: /* 2 */
		/* else */;
S_130_0: /* 2 */
		goto S_134_0;	/* 'goto' */
S_131_2: /* 3 */
		Uerror("blocking sel in d_step (nr.11, near line 142)");
S_133_0: /* 2 */
		goto S_134_0;	/* 'break' */
S_134_0: /* 2 */
		spin_assert((((P0 *)_this)->swap==((int)((P0 *)_this)->i)), "(swap==i)", II, tt, t);
		goto S_137_0;
S_136_1: /* 3 */
S_135_0: /* 2 */
		/* else */;
		goto S_137_0;
S_136_2: /* 3 */
		Uerror("blocking sel in d_step (nr.12, near line 139)");
S_137_0: /* 2 */
S_138_0: /* 2 */
		((P0 *)_this)->j = (((int)((P0 *)_this)->j)+1);
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
		goto S_142_0; /* ';' */
S_141_1: /* 3 */
S_139_0: /* 2 */
		/* else */;
S_140_0: /* 2 */
		goto S_144_0;	/* 'goto' */
S_141_2: /* 3 */
		Uerror("blocking sel in d_step (nr.13, near line 137)");
S_143_0: /* 2 */
		goto S_144_0;	/* 'break' */
S_144_0: /* 2 */
		((P0 *)_this)->i = (((int)((P0 *)_this)->i)+1);
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
		goto S_148_0; /* ';' */
S_147_1: /* 3 */
S_145_0: /* 2 */
		/* else */;
S_146_0: /* 2 */
		goto S_151_0;	/* 'goto' */
S_147_2: /* 3 */
		Uerror("blocking sel in d_step (nr.14, near line 134)");
S_149_0: /* 2 */
		goto S_151_0;	/* 'break' */
		goto S_151_0;
S_151_0: /* 2 */
		((P0 *)_this)->v = 0;
#ifdef VAR_RANGES
		logval("network:v", ((int)((P0 *)_this)->v));
#endif
		;
S_152_0: /* 2 */
		((P0 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("network:c", ((int)((P0 *)_this)->c));
#endif
		;
S_153_0: /* 2 */
		((P0 *)_this)->i = 0;
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
S_154_0: /* 2 */
		((P0 *)_this)->j = 0;
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
S_155_0: /* 2 */
		((P0 *)_this)->swap = 0;
#ifdef VAR_RANGES
		logval("network:swap", ((P0 *)_this)->swap);
#endif
		;
		goto S_159_0;
S_159_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 13: // STATE 162 - /work/wt/beacon/models/simplex.pml:181 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[0][162] = 1;
		if (!delproc(1, II)) continue;
		_m = 3; goto P999; /* 0 */
	case  _T5:	/* np_ */
		if (!((!(trpt->o_pm&4) && !(trpt->tau&128))))
			continue;
		/* else fall through */
	case  _T2:	/* true */
		_m = 3; goto P999;
#undef rand
	}

