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
	case 3: // STATE 1 - /work/wt/beacon/models/simplex.pml:178 - [v = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[0][1] = 1;
		(trpt+1)->bup.oval = ((int)((P0 *)_this)->v);
		((P0 *)_this)->v = 0;
#ifdef VAR_RANGES
		logval("network:v", ((int)((P0 *)_this)->v));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 4: // STATE 2 - /work/wt/beacon/models/simplex.pml:178 - [((v<(3-1)))] (5:0:1 - 1)
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
	case 5: // STATE 8 - /work/wt/beacon/models/simplex.pml:180 - [(((v==0)||((notar[(v-1)]<notar[v])||((notar[(v-1)]==notar[v])&&((final[(v-1)]<final[v])||((final[(v-1)]==final[v])&&(skip_[(v-1)]<skip_[v])))))))] (13:0:1 - 1)
		IfNotBlocked
		reached[0][8] = 1;
		if (!(((((int)((P0 *)_this)->v)==0)||((now.notar[ Index((((int)((P0 *)_this)->v)-1), 3) ]<now.notar[ Index(((int)((P0 *)_this)->v), 3) ])||((now.notar[ Index((((int)((P0 *)_this)->v)-1), 3) ]==now.notar[ Index(((int)((P0 *)_this)->v), 3) ])&&((now.final[ Index((((int)((P0 *)_this)->v)-1), 3) ]<now.final[ Index(((int)((P0 *)_this)->v), 3) ])||((now.final[ Index((((int)((P0 *)_this)->v)-1), 3) ]==now.final[ Index(((int)((P0 *)_this)->v), 3) ])&&(((int)now.skip_[ Index((((int)((P0 *)_this)->v)-1), 3) ])<((int)now.skip_[ Index(((int)((P0 *)_this)->v), 3) ])))))))))
			continue;
		/* merge: b = 0(0, 9, 13) */
		reached[0][9] = 1;
		(trpt+1)->bup.oval = ((int)((P0 *)_this)->b);
		((P0 *)_this)->b = 0;
#ifdef VAR_RANGES
		logval("network:b", ((int)((P0 *)_this)->b));
#endif
		;
		/* merge: .(goto)(0, 14, 13) */
		reached[0][14] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 6: // STATE 10 - /work/wt/beacon/models/simplex.pml:180 - [((b<((((2+(3*1))+(2+(3*1)))+1)-1)))] (13:0:1 - 1)
		IfNotBlocked
		reached[0][10] = 1;
		if (!((((int)((P0 *)_this)->b)<((((2+(3*1))+(2+(3*1)))+1)-1))))
			continue;
		/* merge: b = (b+1)(0, 11, 13) */
		reached[0][11] = 1;
		(trpt+1)->bup.oval = ((int)((P0 *)_this)->b);
		((P0 *)_this)->b = (((int)((P0 *)_this)->b)+1);
#ifdef VAR_RANGES
		logval("network:b", ((int)((P0 *)_this)->b));
#endif
		;
		/* merge: .(goto)(0, 14, 13) */
		reached[0][14] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 7: // STATE 20 - /work/wt/beacon/models/simplex.pml:184 - [((((((notar[v]&( ((( ((b<2)) -> (0) : (( ((b<(2+(3*1)))) -> (1) : (2) )) )==0)) -> (((1<<2)-1)) : (( ((( ((b<2)) -> (0) : (( ((b<(2+(3*1)))) -> (1) : (2) )) )==1)) -> (((1<<(2+(3*1)))-(1<<2))) : (~(((1<<(2+(3*1)))-1))) )) ))==0)&&((( ((b<2)) -> (31) : (( ((b<(2+(3*1)))) -> (( ((((b-2)/1)==0)) -> (31) : ((((b-2)/1)-1)) )) : (( (((b-(2+(3*1)))==0)) -> (31) : (((b-(2+(3*1)))-1)) )) )) )==31)||((notarised>>( ((b<2)) -> (31) : (( ((b<(2+(3*1)))) -> (( ((((b-2)/1)==0)) -> (31) : ((((b-2)/1)-1)) )) : (( (((b-(2+(3*1)))==0)) -> (31) : (((b-(2+(3*1)))-1)) )) )) ))&1)))&&((skipped&((1<<( ((b<2)) -> (0) : (( ((b<(2+(3*1)))) -> (1) : (2) )) ))-(1<<( ((( ((b<2)) -> (31) : (( ((b<(2+(3*1)))) -> (( ((((b-2)/1)==0)) -> (31) : ((((b-2)/1)-1)) )) : (( (((b-(2+(3*1)))==0)) -> (31) : (((b-(2+(3*1)))-1)) )) )) )==31)) -> (0) : ((( ((( ((b<2)) -> (31) : (( ((b<(2+(3*1)))) -> (( ((((b-2)/1)==0)) -> (31) : ((((b-2)/1)-1)) )) : (( (((b-(2+(3*1)))==0)) -> (31) : (((b-(2+(3*1)))-1)) )) )) )<2)) -> (0) : (( ((( ((b<2)) -> (31) : (( ((b<(2+(3*1)))) -> (( ((((b-2)/1)==0)) -> (31) : ((((b-2)/1)-1)) )) : (( (((b-(2+(3*1)))==0)) -> (31) : (((b-(2+(3*1)))-1)) )) )) )<(2+(3*1)))) -> (1) : (2) )) )+1)) ))))==((1<<( ((b<2)) -> (0) : (( ((b<(2+(3*1)))) -> (1) : (2) )) ))-(1<<( ((( ((b<2)) -> (31) : (( ((b<(2+(3*1)))) -> (( ((((b-2)/1)==0)) -> (31) : ((((b-2)/1)-1)) )) : (( (((b-(2+(3*1)))==0)) -> (31) : (((b-(2+(3*1)))-1)) )) )) )==31)) -> (0) : ((( ((( ((b<2)) -> (31) : (( ((b<(2+(3*1)))) -> (( ((((b-2)/1)==0)) -> (31) : ((((b-2)/1)-1)) )) : (( (((b-(2+(3*1)))==0)) -> (31) : (((b-(2+(3*1)))-1)) )) )) )<2)) -> (0) : (( ((( ((b<2)) -> (31) : (( ((b<(2+(3*1)))) -> (( ((((b-2)/1)==0)) -> (31) : ((((b-2)/1)-1)) )) : (( (((b-(2+(3*1)))==0)) -> (31) : (((b-(2+(3*1)))-1)) )) )) )<(2+(3*1)))) -> (1) : (2) )) )+1)) )))))&&(!((((b>0)&&(( ((b<2)) -> (0) : (( ((b<(2+(3*1)))) -> (1) : (2) )) )==( (((b-1)<2)) -> (0) : (( (((b-1)<(2+(3*1)))) -> (1) : (2) )) )))&&(( ((b<2)) -> (31) : (( ((b<(2+(3*1)))) -> (( ((((b-2)/1)==0)) -> (31) : ((((b-2)/1)-1)) )) : (( (((b-(2+(3*1)))==0)) -> (31) : (((b-(2+(3*1)))-1)) )) )) )==( (((b-1)<2)) -> (31) : (( (((b-1)<(2+(3*1)))) -> (( (((((b-1)-2)/1)==0)) -> (31) : (((((b-1)-2)/1)-1)) )) : (( ((((b-1)-(2+(3*1)))==0)) -> (31) : ((((b-1)-(2+(3*1)))-1)) )) )) ))))||((seen>>(b-1))&1))))] (136:0:2 - 1)
		IfNotBlocked
		reached[0][20] = 1;
		if (!((((((now.notar[ Index(((int)((P0 *)_this)->v), 3) ]&( ((( ((((int)((P0 *)_this)->b)<2)) ? (0) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (1) : (2) )) )==0)) ? (((1<<2)-1)) : (( ((( ((((int)((P0 *)_this)->b)<2)) ? (0) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (1) : (2) )) )==1)) ? (((1<<(2+(3*1)))-(1<<2))) : ( ~(((1<<(2+(3*1)))-1))) )) ))==0)&&((( ((((int)((P0 *)_this)->b)<2)) ? (31) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->b)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->b)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->b)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->b)-(2+(3*1)))-1)) )) )) )==31)||((now.notarised>>( ((((int)((P0 *)_this)->b)<2)) ? (31) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->b)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->b)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->b)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->b)-(2+(3*1)))-1)) )) )) ))&1)))&&((((int)now.skipped)&((1<<( ((((int)((P0 *)_this)->b)<2)) ? (0) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (1) : (2) )) ))-(1<<( ((( ((((int)((P0 *)_this)->b)<2)) ? (31) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->b)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->b)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->b)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->b)-(2+(3*1)))-1)) )) )) )==31)) ? (0) : ((( ((( ((((int)((P0 *)_this)->b)<2)) ? (31) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->b)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->b)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->b)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->b)-(2+(3*1)))-1)) )) )) )<2)) ? (0) : (( ((( ((((int)((P0 *)_this)->b)<2)) ? (31) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->b)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->b)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->b)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->b)-(2+(3*1)))-1)) )) )) )<(2+(3*1)))) ? (1) : (2) )) )+1)) ))))==((1<<( ((((int)((P0 *)_this)->b)<2)) ? (0) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (1) : (2) )) ))-(1<<( ((( ((((int)((P0 *)_this)->b)<2)) ? (31) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->b)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->b)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->b)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->b)-(2+(3*1)))-1)) )) )) )==31)) ? (0) : ((( ((( ((((int)((P0 *)_this)->b)<2)) ? (31) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->b)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->b)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->b)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->b)-(2+(3*1)))-1)) )) )) )<2)) ? (0) : (( ((( ((((int)((P0 *)_this)->b)<2)) ? (31) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->b)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->b)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->b)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->b)-(2+(3*1)))-1)) )) )) )<(2+(3*1)))) ? (1) : (2) )) )+1)) )))))&&( !((((((int)((P0 *)_this)->b)>0)&&(( ((((int)((P0 *)_this)->b)<2)) ? (0) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (1) : (2) )) )==( (((((int)((P0 *)_this)->b)-1)<2)) ? (0) : (( (((((int)((P0 *)_this)->b)-1)<(2+(3*1)))) ? (1) : (2) )) )))&&(( ((((int)((P0 *)_this)->b)<2)) ? (31) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (( ((((((int)((P0 *)_this)->b)-2)/1)==0)) ? (31) : ((((((int)((P0 *)_this)->b)-2)/1)-1)) )) : (( (((((int)((P0 *)_this)->b)-(2+(3*1)))==0)) ? (31) : (((((int)((P0 *)_this)->b)-(2+(3*1)))-1)) )) )) )==( (((((int)((P0 *)_this)->b)-1)<2)) ? (31) : (( (((((int)((P0 *)_this)->b)-1)<(2+(3*1)))) ? (( (((((((int)((P0 *)_this)->b)-1)-2)/1)==0)) ? (31) : (((((((int)((P0 *)_this)->b)-1)-2)/1)-1)) )) : (( ((((((int)((P0 *)_this)->b)-1)-(2+(3*1)))==0)) ? (31) : ((((((int)((P0 *)_this)->b)-1)-(2+(3*1)))-1)) )) )) ))))||((now.seen>>(((int)((P0 *)_this)->b)-1))&1)))))
			continue;
		/* merge: notar[v] = (notar[v]|(1<<b))(136, 21, 136) */
		reached[0][21] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = now.notar[ Index(((int)((P0 *)_this)->v), 3) ];
		now.notar[ Index(((P0 *)_this)->v, 3) ] = (now.notar[ Index(((int)((P0 *)_this)->v), 3) ]|(1<<((int)((P0 *)_this)->b)));
#ifdef VAR_RANGES
		logval("notar[network:v]", now.notar[ Index(((int)((P0 *)_this)->v), 3) ]);
#endif
		;
		/* merge: seen = (seen|(1<<b))(136, 22, 136) */
		reached[0][22] = 1;
		(trpt+1)->bup.ovals[1] = now.seen;
		now.seen = (now.seen|(1<<((int)((P0 *)_this)->b)));
#ifdef VAR_RANGES
		logval("seen", now.seen);
#endif
		;
		/* merge: .(goto)(0, 30, 136) */
		reached[0][30] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 8: // STATE 23 - /work/wt/beacon/models/simplex.pml:185 - [((((((notar[v]>>b)&1)&&((notarised>>b)&1))&&!(((skip_[v]>>( ((b<2)) -> (0) : (( ((b<(2+(3*1)))) -> (1) : (2) )) ))&1)))&&!(((final[v]>>b)&1))))] (136:0:1 - 1)
		IfNotBlocked
		reached[0][23] = 1;
		if (!((((((now.notar[ Index(((int)((P0 *)_this)->v), 3) ]>>((int)((P0 *)_this)->b))&1)&&((now.notarised>>((int)((P0 *)_this)->b))&1))&& !(((((int)now.skip_[ Index(((int)((P0 *)_this)->v), 3) ])>>( ((((int)((P0 *)_this)->b)<2)) ? (0) : (( ((((int)((P0 *)_this)->b)<(2+(3*1)))) ? (1) : (2) )) ))&1)))&& !(((now.final[ Index(((int)((P0 *)_this)->v), 3) ]>>((int)((P0 *)_this)->b))&1)))))
			continue;
		/* merge: final[v] = (final[v]|(1<<b))(0, 24, 136) */
		reached[0][24] = 1;
		(trpt+1)->bup.oval = now.final[ Index(((int)((P0 *)_this)->v), 3) ];
		now.final[ Index(((P0 *)_this)->v, 3) ] = (now.final[ Index(((int)((P0 *)_this)->v), 3) ]|(1<<((int)((P0 *)_this)->b)));
#ifdef VAR_RANGES
		logval("final[network:v]", now.final[ Index(((int)((P0 *)_this)->v), 3) ]);
#endif
		;
		/* merge: .(goto)(0, 30, 136) */
		reached[0][30] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 9: // STATE 25 - /work/wt/beacon/models/simplex.pml:186 - [(((b<3)&&(((final[v]&( ((b==0)) -> (((1<<2)-1)) : (( ((b==1)) -> (((1<<(2+(3*1)))-(1<<2))) : (~(((1<<(2+(3*1)))-1))) )) ))==0)&&!(((skip_[v]>>b)&1)))))] (136:0:1 - 1)
		IfNotBlocked
		reached[0][25] = 1;
		if (!(((((int)((P0 *)_this)->b)<3)&&(((now.final[ Index(((int)((P0 *)_this)->v), 3) ]&( ((((int)((P0 *)_this)->b)==0)) ? (((1<<2)-1)) : (( ((((int)((P0 *)_this)->b)==1)) ? (((1<<(2+(3*1)))-(1<<2))) : ( ~(((1<<(2+(3*1)))-1))) )) ))==0)&& !(((((int)now.skip_[ Index(((int)((P0 *)_this)->v), 3) ])>>((int)((P0 *)_this)->b))&1))))))
			continue;
		/* merge: skip_[v] = (skip_[v]|(1<<b))(0, 26, 136) */
		reached[0][26] = 1;
		(trpt+1)->bup.oval = ((int)now.skip_[ Index(((int)((P0 *)_this)->v), 3) ]);
		now.skip_[ Index(((P0 *)_this)->v, 3) ] = (((int)now.skip_[ Index(((int)((P0 *)_this)->v), 3) ])|(1<<((int)((P0 *)_this)->b)));
#ifdef VAR_RANGES
		logval("skip_[network:v]", ((int)now.skip_[ Index(((int)((P0 *)_this)->v), 3) ]));
#endif
		;
		/* merge: .(goto)(0, 30, 136) */
		reached[0][30] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 10: // STATE 136 - /work/wt/beacon/models/simplex.pml:189 - [D_STEP189]
		IfNotBlocked

		reached[0][136] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;


		reached[0][136] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		sv_save();
		S_058_0: /* 2 */
S_030_0: /* 2 */
		((P0 *)_this)->i = 1;
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
S_056_0: /* 2 */
S_055_0: /* 2 */
S_031_0: /* 2 */
		if (!((((int)((P0 *)_this)->i)<3)))
			goto S_055_1;
S_032_0: /* 2 */
		((P0 *)_this)->j = ((int)((P0 *)_this)->i);
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
S_050_0: /* 2 */
S_049_0: /* 2 */
S_033_0: /* 2 */
		if (!(((((int)((P0 *)_this)->j)>0)&&((now.notar[ Index(((int)((P0 *)_this)->j), 3) ]<now.notar[ Index((((int)((P0 *)_this)->j)-1), 3) ])||((now.notar[ Index(((int)((P0 *)_this)->j), 3) ]==now.notar[ Index((((int)((P0 *)_this)->j)-1), 3) ])&&((now.final[ Index(((int)((P0 *)_this)->j), 3) ]<now.final[ Index((((int)((P0 *)_this)->j)-1), 3) ])||((now.final[ Index(((int)((P0 *)_this)->j), 3) ]==now.final[ Index((((int)((P0 *)_this)->j)-1), 3) ])&&(((int)now.skip_[ Index(((int)((P0 *)_this)->j), 3) ])<((int)now.skip_[ Index((((int)((P0 *)_this)->j)-1), 3) ])))))))))
			goto S_049_1;
S_037_0: /* 2 */
S_034_0: /* 2 */
		((P0 *)_this)->number = now.notar[ Index(((int)((P0 *)_this)->j), 3) ];
#ifdef VAR_RANGES
		logval("network:number", ((P0 *)_this)->number);
#endif
		;
S_035_0: /* 2 */
		now.notar[ Index(((P0 *)_this)->j, 3) ] = now.notar[ Index((((int)((P0 *)_this)->j)-1), 3) ];
#ifdef VAR_RANGES
		logval("notar[network:j]", now.notar[ Index(((int)((P0 *)_this)->j), 3) ]);
#endif
		;
S_036_0: /* 2 */
		now.notar[ Index((((P0 *)_this)->j-1), 3) ] = ((P0 *)_this)->number;
#ifdef VAR_RANGES
		logval("notar[(network:j-1)]", now.notar[ Index((((int)((P0 *)_this)->j)-1), 3) ]);
#endif
		;
		goto S_041_0;
S_041_0: /* 2 */
S_038_0: /* 2 */
		((P0 *)_this)->number = now.final[ Index(((int)((P0 *)_this)->j), 3) ];
#ifdef VAR_RANGES
		logval("network:number", ((P0 *)_this)->number);
#endif
		;
S_039_0: /* 2 */
		now.final[ Index(((P0 *)_this)->j, 3) ] = now.final[ Index((((int)((P0 *)_this)->j)-1), 3) ];
#ifdef VAR_RANGES
		logval("final[network:j]", now.final[ Index(((int)((P0 *)_this)->j), 3) ]);
#endif
		;
S_040_0: /* 2 */
		now.final[ Index((((P0 *)_this)->j-1), 3) ] = ((P0 *)_this)->number;
#ifdef VAR_RANGES
		logval("final[(network:j-1)]", now.final[ Index((((int)((P0 *)_this)->j)-1), 3) ]);
#endif
		;
		goto S_045_0;
S_045_0: /* 2 */
S_042_0: /* 2 */
		((P0 *)_this)->number = ((int)now.skip_[ Index(((int)((P0 *)_this)->j), 3) ]);
#ifdef VAR_RANGES
		logval("network:number", ((P0 *)_this)->number);
#endif
		;
S_043_0: /* 2 */
		now.skip_[ Index(((P0 *)_this)->j, 3) ] = ((int)now.skip_[ Index((((int)((P0 *)_this)->j)-1), 3) ]);
#ifdef VAR_RANGES
		logval("skip_[network:j]", ((int)now.skip_[ Index(((int)((P0 *)_this)->j), 3) ]));
#endif
		;
S_044_0: /* 2 */
		now.skip_[ Index((((P0 *)_this)->j-1), 3) ] = ((P0 *)_this)->number;
#ifdef VAR_RANGES
		logval("skip_[(network:j-1)]", ((int)now.skip_[ Index((((int)((P0 *)_this)->j)-1), 3) ]));
#endif
		;
		goto S_046_0;
S_046_0: /* 2 */
		((P0 *)_this)->j = (((int)((P0 *)_this)->j)-1);
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
		goto S_050_0; /* ';' */
S_049_1: /* 3 */
S_047_0: /* 2 */
		/* else */;
S_048_0: /* 2 */
		goto S_052_0;	/* 'goto' */
S_049_2: /* 3 */
		Uerror("blocking sel in d_step (nr.0, near line 107)");
S_051_0: /* 2 */
		goto S_052_0;	/* 'break' */
S_052_0: /* 2 */
		((P0 *)_this)->i = (((int)((P0 *)_this)->i)+1);
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
		goto S_056_0; /* ';' */
S_055_1: /* 3 */
S_053_0: /* 2 */
		/* else */;
S_054_0: /* 2 */
		goto S_082_0;	/* 'goto' */
S_055_2: /* 3 */
		Uerror("blocking sel in d_step (nr.1, near line 104)");
S_057_0: /* 2 */
		goto S_082_0;	/* 'break' */
		goto S_082_0;
S_082_0: /* 2 */
S_059_0: /* 2 */
		((P0 *)_this)->i = 0;
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
S_080_0: /* 2 */
S_079_0: /* 2 */
S_060_0: /* 2 */
		if (!((((int)((P0 *)_this)->i)<(((2+(3*1))+(2+(3*1)))+1))))
			goto S_079_1;
S_061_0: /* 2 */
		((P0 *)_this)->number = 0;
#ifdef VAR_RANGES
		logval("network:number", ((P0 *)_this)->number);
#endif
		;
S_062_0: /* 2 */
		((P0 *)_this)->j = 0;
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
S_069_0: /* 2 */
S_068_0: /* 2 */
S_063_0: /* 2 */
		if (!((((int)((P0 *)_this)->j)<3)))
			goto S_068_1;
S_064_0: /* 2 */
		((P0 *)_this)->number = (((P0 *)_this)->number+((now.notar[ Index(((int)((P0 *)_this)->j), 3) ]>>((int)((P0 *)_this)->i))&1));
#ifdef VAR_RANGES
		logval("network:number", ((P0 *)_this)->number);
#endif
		;
S_065_0: /* 2 */
		((P0 *)_this)->j = (((int)((P0 *)_this)->j)+1);
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
		goto S_069_0; /* ';' */
S_068_1: /* 3 */
S_066_0: /* 2 */
		/* else */;
S_067_0: /* 2 */
		goto S_074_0;	/* 'goto' */
S_068_2: /* 3 */
		Uerror("blocking sel in d_step (nr.2, near line 126)");
S_070_0: /* 2 */
		goto S_074_0;	/* 'break' */
S_074_0: /* 2 */
S_071_0: /* 2 */
		if (!((((P0 *)_this)->number>=2)))
			goto S_074_1;
S_072_0: /* 2 */
		now.notarised = (now.notarised|(1<<((int)((P0 *)_this)->i)));
#ifdef VAR_RANGES
		logval("notarised", now.notarised);
#endif
		;
		goto S_075_0;
S_074_1: /* 3 */
S_073_0: /* 2 */
		/* else */;
		goto S_075_0;
S_074_2: /* 3 */
		Uerror("blocking sel in d_step (nr.3, near line 130)");
S_075_0: /* 2 */
S_076_0: /* 2 */
		((P0 *)_this)->i = (((int)((P0 *)_this)->i)+1);
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
		goto S_080_0; /* ';' */
S_079_1: /* 3 */
S_077_0: /* 2 */
		/* else */;
S_078_0: /* 2 */
		goto S_106_0;	/* 'goto' */
S_079_2: /* 3 */
		Uerror("blocking sel in d_step (nr.4, near line 123)");
S_081_0: /* 2 */
		goto S_106_0;	/* 'break' */
		goto S_106_0;
S_106_0: /* 2 */
S_083_0: /* 2 */
		((P0 *)_this)->i = 0;
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
S_104_0: /* 2 */
S_103_0: /* 2 */
S_084_0: /* 2 */
		if (!((((int)((P0 *)_this)->i)<(((2+(3*1))+(2+(3*1)))+1))))
			goto S_103_1;
S_085_0: /* 2 */
		((P0 *)_this)->number = 0;
#ifdef VAR_RANGES
		logval("network:number", ((P0 *)_this)->number);
#endif
		;
S_086_0: /* 2 */
		((P0 *)_this)->j = 0;
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
S_093_0: /* 2 */
S_092_0: /* 2 */
S_087_0: /* 2 */
		if (!((((int)((P0 *)_this)->j)<3)))
			goto S_092_1;
S_088_0: /* 2 */
		((P0 *)_this)->number = (((P0 *)_this)->number+((now.final[ Index(((int)((P0 *)_this)->j), 3) ]>>((int)((P0 *)_this)->i))&1));
#ifdef VAR_RANGES
		logval("network:number", ((P0 *)_this)->number);
#endif
		;
S_089_0: /* 2 */
		((P0 *)_this)->j = (((int)((P0 *)_this)->j)+1);
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
		goto S_093_0; /* ';' */
S_092_1: /* 3 */
S_090_0: /* 2 */
		/* else */;
S_091_0: /* 2 */
		goto S_098_0;	/* 'goto' */
S_092_2: /* 3 */
		Uerror("blocking sel in d_step (nr.5, near line 126)");
S_094_0: /* 2 */
		goto S_098_0;	/* 'break' */
S_098_0: /* 2 */
S_095_0: /* 2 */
		if (!((((P0 *)_this)->number>=2)))
			goto S_098_1;
S_096_0: /* 2 */
		now.finalised = (now.finalised|(1<<((int)((P0 *)_this)->i)));
#ifdef VAR_RANGES
		logval("finalised", now.finalised);
#endif
		;
		goto S_099_0;
S_098_1: /* 3 */
S_097_0: /* 2 */
		/* else */;
		goto S_099_0;
S_098_2: /* 3 */
		Uerror("blocking sel in d_step (nr.6, near line 130)");
S_099_0: /* 2 */
S_100_0: /* 2 */
		((P0 *)_this)->i = (((int)((P0 *)_this)->i)+1);
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
		goto S_104_0; /* ';' */
S_103_1: /* 3 */
S_101_0: /* 2 */
		/* else */;
S_102_0: /* 2 */
		goto S_130_0;	/* 'goto' */
S_103_2: /* 3 */
		Uerror("blocking sel in d_step (nr.7, near line 123)");
S_105_0: /* 2 */
		goto S_130_0;	/* 'break' */
		goto S_130_0;
S_130_0: /* 2 */
S_107_0: /* 2 */
		((P0 *)_this)->i = 0;
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
S_128_0: /* 2 */
S_127_0: /* 2 */
S_108_0: /* 2 */
		if (!((((int)((P0 *)_this)->i)<3)))
			goto S_127_1;
S_109_0: /* 2 */
		((P0 *)_this)->number = 0;
#ifdef VAR_RANGES
		logval("network:number", ((P0 *)_this)->number);
#endif
		;
S_110_0: /* 2 */
		((P0 *)_this)->j = 0;
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
S_117_0: /* 2 */
S_116_0: /* 2 */
S_111_0: /* 2 */
		if (!((((int)((P0 *)_this)->j)<3)))
			goto S_116_1;
S_112_0: /* 2 */
		((P0 *)_this)->number = (((P0 *)_this)->number+((((int)now.skip_[ Index(((int)((P0 *)_this)->j), 3) ])>>((int)((P0 *)_this)->i))&1));
#ifdef VAR_RANGES
		logval("network:number", ((P0 *)_this)->number);
#endif
		;
S_113_0: /* 2 */
		((P0 *)_this)->j = (((int)((P0 *)_this)->j)+1);
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
		goto S_117_0; /* ';' */
S_116_1: /* 3 */
S_114_0: /* 2 */
		/* else */;
S_115_0: /* 2 */
		goto S_122_0;	/* 'goto' */
S_116_2: /* 3 */
		Uerror("blocking sel in d_step (nr.8, near line 126)");
S_118_0: /* 2 */
		goto S_122_0;	/* 'break' */
S_122_0: /* 2 */
S_119_0: /* 2 */
		if (!((((P0 *)_this)->number>=2)))
			goto S_122_1;
S_120_0: /* 2 */
		now.skipped = (((int)now.skipped)|(1<<((int)((P0 *)_this)->i)));
#ifdef VAR_RANGES
		logval("skipped", ((int)now.skipped));
#endif
		;
		goto S_123_0;
S_122_1: /* 3 */
S_121_0: /* 2 */
		/* else */;
		goto S_123_0;
S_122_2: /* 3 */
		Uerror("blocking sel in d_step (nr.9, near line 130)");
S_123_0: /* 2 */
S_124_0: /* 2 */
		((P0 *)_this)->i = (((int)((P0 *)_this)->i)+1);
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
		goto S_128_0; /* ';' */
S_127_1: /* 3 */
S_125_0: /* 2 */
		/* else */;
S_126_0: /* 2 */
		goto S_131_0;	/* 'goto' */
S_127_2: /* 3 */
		Uerror("blocking sel in d_step (nr.10, near line 123)");
S_129_0: /* 2 */
		goto S_131_0;	/* 'break' */
		goto S_131_0;
S_131_0: /* 2 */
		spin_assert( !(((now.finalised>>(2+(3*1)))&1)), " !(((finalised>>(2+(3*1)))&1))", II, tt, t);
S_132_0: /* 2 */
		((P0 *)_this)->i = 0;
#ifdef VAR_RANGES
		logval("network:i", ((int)((P0 *)_this)->i));
#endif
		;
S_133_0: /* 2 */
		((P0 *)_this)->j = 0;
#ifdef VAR_RANGES
		logval("network:j", ((int)((P0 *)_this)->j));
#endif
		;
S_134_0: /* 2 */
		((P0 *)_this)->number = 0;
#ifdef VAR_RANGES
		logval("network:number", ((P0 *)_this)->number);
#endif
		;
		goto S_136_0;
S_136_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 11: // STATE 137 - /work/wt/beacon/models/simplex.pml:202 - [v = 0] (0:0:1 - 5)
		IfNotBlocked
		reached[0][137] = 1;
		(trpt+1)->bup.oval = ((int)((P0 *)_this)->v);
		((P0 *)_this)->v = 0;
#ifdef VAR_RANGES
		logval("network:v", ((int)((P0 *)_this)->v));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 12: // STATE 138 - /work/wt/beacon/models/simplex.pml:202 - [b = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[0][138] = 1;
		(trpt+1)->bup.oval = ((int)((P0 *)_this)->b);
		((P0 *)_this)->b = 0;
#ifdef VAR_RANGES
		logval("network:b", ((int)((P0 *)_this)->b));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 13: // STATE 143 - /work/wt/beacon/models/simplex.pml:205 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[0][143] = 1;
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

